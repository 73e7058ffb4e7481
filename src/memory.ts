import { DoorMemory } from "./api/door/door-memory.ts";
import type { LookUps } from "./channels/webhook/look-up.ts";
import { Gauge } from "./db/gauge.ts";
import { KnownTypes } from "./outbox/known-types.ts";
import type { WakesInFlight } from "./outbox/waker.ts";
import type { Config } from "./platform/config.ts";
import { KnownReport } from "./upkeep/report.ts";

/**
 * Memory of an isolate about its outbox. All of it is in D1 or in the settings too, so losing it only costs queries.
 */
export class Memory {
  readonly types = new KnownTypes();
  readonly doorMemory = new DoorMemory();
  readonly wakesInFlight: WakesInFlight = new Map();
  readonly lookUps: LookUps = new Map();
  readonly gauge = new Gauge();
  readonly report = new KnownReport();
  /** The settings of each environment, read and checked. */
  readonly configs = new WeakMap<object, Config>();
}
