import { KnownAccounts } from "./channels/email/account-desk.ts";
import type { LookUps } from "./channels/webhook/look-up.ts";
import { Gauge } from "./db/gauge.ts";
import { KnownTypes } from "./outbox/known-types.ts";
import type { WakesInFlight } from "./outbox/waker.ts";
import { type Config, readLogSettings } from "./platform/config.ts";
import type { Log } from "./platform/log.ts";
import { createLog, DEFAULT_LOG_SETTINGS, type Logger, type LogSettings } from "./platform/log-lines.ts";
import type { PayloadSchemas } from "./schemas/payload-schemas.ts";

/**
 * Memory of an isolate about its outbox. All of it is in D1 or in the settings too, so losing it only costs queries.
 */
export class Memory {
  /** Checks of payloads, as `createOutbox` was given them. */
  readonly payloadSchemas: PayloadSchemas;
  readonly types: KnownTypes;
  readonly wakesInFlight: WakesInFlight = new Map();
  readonly lookUps: LookUps = new Map();
  readonly gauge = new Gauge();
  readonly accounts = new KnownAccounts();
  /** The settings of each environment, read and checked. */
  readonly configs = new WeakMap<object, Config>();
  readonly #logs = new WeakMap<object, Log>();

  constructor(payloadSchemas: PayloadSchemas) {
    this.payloadSchemas = payloadSchemas;
    this.types = new KnownTypes(payloadSchemas);
  }

  /** The log of an environment. One whose settings are wrong gets the default: what is wrong is told where settings are checked. */
  logFor(env: object, logger: Logger | undefined): Log {
    const known = this.#logs.get(env);
    if (known) return known;
    const log = createLog(logSettings(env), logger);
    this.#logs.set(env, log);
    return log;
  }
}

function logSettings(env: object): LogSettings {
  try {
    return readLogSettings(env);
  } catch {
    return DEFAULT_LOG_SETTINGS;
  }
}
