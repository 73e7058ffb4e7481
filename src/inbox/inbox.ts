/**
 * The inbox inside a Worker that receives Standard Webhooks. It needs only its own table of the outbox
 * (`migrations/inbox`), and is imported as `edge-outbox/inbox`.
 */
import type { Context, Handler } from "hono";
import type { Database } from "../db/database.ts";
import { PAYLOAD_FORMATS, type PayloadFormat } from "../domain/states.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { ConfigError } from "../platform/errors.ts";
import { describeError, type Log } from "../platform/log.ts";
import { defaultLog } from "../platform/log-lines.ts";
import { inboxLimits as limits } from "./limits.ts";
import { contentOf } from "./payload-format.ts";
import { parseBody, readBody } from "./read-body.ts";
import { problemFor, refusalFor } from "./refusal.ts";
import { type Reaction, type Taken, takeIn } from "./take-in.ts";
import { keysOf, readHeaders, type Secrets, verify } from "./verify.ts";

export type { PayloadFormat } from "../domain/states.ts";
export type { Reaction } from "./take-in.ts";
export type { Secrets } from "./verify.ts";

/** An authentic webhook. */
export interface ReceivedWebhook<Env, Payload> {
  /** `webhook-id`, identical at every attempt. */
  id: string;
  /** Instant at which this attempt was signed, to the second. For the instant of the event see `occurredAt`. */
  sentAt: Date;
  /**
   * `type` in the body. Null in the format `raw`, unless it is text. Headers with an event type are not signed, and
   * ignored.
   */
  eventType: string | null;
  /** Instant of the event: `timestamp` in the body, identical at every attempt. Null in the format `raw`. */
  occurredAt: Date | null;
  /**
   * `data` in the body; in the format `raw` the whole body. Not checked: the type `Payload` is the sender's promise.
   */
  payload: Payload;
  /** The body, as sent and signed. */
  body: string;
  env: Env;
}

type InboxContext<Env extends object, Variables extends object> = Context<{
  Bindings: Env;
  Variables: Variables;
}>;

/** Options of `inbox`. */
export interface InboxOptions<
  Env extends object,
  Payload = unknown,
  Variables extends object = Record<string, unknown>,
> {
  /**
   * The sender's secret, `whsec_…` or `v1,whsec_…`; during a rotation both the new and the old one, as an array, or in
   * one text, separated by spaces, commas or `|`.
   */
  secrets: (env: Env, context: InboxContext<Env, Variables>) => Secrets | Promise<Secrets>;
  /** The D1 database of the receipts and of the `writes`. Defaults to `env.DB`. */
  database?: (env: Env) => Database;
  /**
   * Name of the sender, which keeps the ids of different senders apart. A sender can use up the ids of its source, so
   * senders that do not trust each other need a source each. At most 128 characters. Defaults to "default".
   */
  source?: string | ((context: InboxContext<Env, Variables>) => string);
  /**
   * Form of the sender's bodies. `"standard"`: `{ type, timestamp, data }`, as Standard Webhooks recommends and an
   * outbox sends by default; other bodies are refused. `"raw"`: any JSON. Defaults to `"standard"`.
   */
  payloadFormat?: PayloadFormat;
  /**
   * Answers the effect of the webhook, or nothing. The effect is committed once, with the record of the webhook.
   * `receive` itself may run several times for one webhook, even at once, so it must only read, and build statements. A
   * thrown error is logged by name and message, and answered with 500, so that the sender tries again.
   */
  receive: (
    webhook: ReceivedWebhook<Env, Payload>,
    context: InboxContext<Env, Variables>,
  ) => Reaction | undefined | Promise<Reaction | undefined>;
  /**
   * Days for which an id is remembered, from 1 to 3650. Defaults to 100, as an outbox can send again for some 94.
   */
  rememberDays?: number;
  /** Largest body in bytes. Defaults to 512 KiB. */
  maxBodyBytes?: number;
}

const DAY_MS = 24 * 3600_000;

/**
 * A handler for hono that verifies a webhook, and commits the effect that `receive` answers in one D1 batch with the
 * record of its `webhook-id`.
 *
 * Answers 200 `{"duplicate": false}` for a committed webhook, and 200 `{"duplicate": true}` for one committed before,
 * which changes nothing. With any other status nothing was committed, as far as is known; the body is a problem document
 * (RFC 9457) with a `code`, and the sender should try again.
 *
 * @throws {ConfigError} when an option is out of its bounds
 *
 * @example
 * interface Env {
 *   DB: D1Database;
 *   WEBHOOK_SECRETS: string;
 * }
 * const app = new Hono<{ Bindings: Env }>();
 * app.post(
 *   "/webhooks",
 *   inbox<Env, Order>({
 *     secrets: (env) => env.WEBHOOK_SECRETS,
 *     receive: ({ payload, env }) => ({
 *       writes: [env.DB.prepare("INSERT INTO orders (id, total) VALUES (?, ?)").bind(payload.id, payload.total)],
 *     }),
 *   }),
 * );
 */
export function inbox<
  Env extends object,
  Payload = unknown,
  Variables extends object = Record<string, unknown>,
>(options: InboxOptions<Env, Payload, Variables>): Handler<{ Bindings: Env; Variables: Variables }> {
  return inboxWith({ clock: systemClock, log: defaultLog }, options);
}

/** The inbox with an injected clock and log. The tolerance of signatures goes by the system's time in any case. */
export function inboxWith<Env extends object, Payload, Variables extends object>(
  { clock, log }: { clock: Pick<Clock, "now">; log: Log },
  options: InboxOptions<Env, Payload, Variables>,
): Handler<{ Bindings: Env; Variables: Variables }> {
  const {
    rememberDays = limits.rememberDays,
    maxBodyBytes = limits.bodyBytes,
    payloadFormat = "standard",
  } = options;
  requireBounds(rememberDays, maxBodyBytes);
  requireFormat(payloadFormat);
  if (typeof options.source === "string") requireSource(options.source);

  return async (c) => {
    const startedAt = clock.now();
    const noted: { source?: string; webhookId?: string } = {};
    try {
      noted.source = sourceOf(options, c);
      const db = databaseOf(options, c.env);
      const headers = readHeaders(c.req.raw.headers, Date.now());
      noted.webhookId = headers.id;
      const keys = await keysOf(await options.secrets(c.env, c));
      const body = await readBody(c.req.raw, maxBodyBytes);
      await verify(keys, headers, body);
      const webhook = toWebhook<Env, Payload>(headers, body, payloadFormat, c.env);

      const receipt = { source: noted.source, webhookId: webhook.id, receivedAt: startedAt };
      const taken = await takeIn({ db, rememberMs: rememberDays * DAY_MS }, receipt, async () =>
        options.receive(webhook, c),
      );
      log("inbox.received", { ...noted, ...describeTaken(taken), durationMs: clock.now() - startedAt });
      return Response.json({ duplicate: taken.duplicate });
    } catch (error) {
      const refusal = refusalFor(error);
      log(refusal.isOurs ? "inbox.failed" : "inbox.refused", {
        ...noted,
        code: refusal.code,
        error: describeError(refusal.cause ?? refusal),
        durationMs: clock.now() - startedAt,
      });
      return problemFor(refusal);
    }
  };
}

function toWebhook<Env, Payload>(
  headers: ReturnType<typeof readHeaders>,
  body: string,
  format: PayloadFormat,
  env: Env,
): ReceivedWebhook<Env, Payload> {
  const { payload, ...event } = contentOf(parseBody(body), format);
  return {
    id: headers.id,
    sentAt: new Date(Number(headers.timestamp) * 1000),
    ...event,
    payload: payload as Payload,
    body,
    env,
  };
}

function describeTaken({ duplicate, error }: Taken) {
  return { duplicate, ...(error !== undefined && { error: describeError(error) }) };
}

function sourceOf<Env extends object, Variables extends object>(
  { source = "default" }: Pick<InboxOptions<Env, never, Variables>, "source">,
  context: InboxContext<Env, Variables>,
): string {
  return typeof source === "string" ? source : requireSource(source(context));
}

function databaseOf<Env extends object>(
  { database }: { database?: (env: Env) => Database },
  env: Env,
): Database {
  const db = database ? database(env) : (env as { DB?: Database }).DB;
  if (db) return db;
  throw new ConfigError(
    database
      ? 'The inbox has no database: its option "database" returned none.'
      : 'The inbox has no database: there is no binding DB. Add it to wrangler.toml, or name another one with the option "database".',
  );
}

function requireSource(source: string): string {
  if (source.length >= 1 && source.length <= limits.sourceLength) return source;
  throw new ConfigError(`The inbox's option "source" must have 1 to ${limits.sourceLength} characters.`);
}

function requireBounds(rememberDays: number, maxBodyBytes: number) {
  const { from, to } = limits.daysToRemember;
  if (!(rememberDays >= from && rememberDays <= to)) {
    throw new ConfigError(
      `The inbox's option "rememberDays" is ${rememberDays}, but must be from ${from} to ${to}.`,
    );
  }
  if (!(Number.isSafeInteger(maxBodyBytes) && maxBodyBytes > 0)) {
    throw new ConfigError(
      `The inbox's option "maxBodyBytes" is ${maxBodyBytes}, but must be a whole number of bytes, at least 1.`,
    );
  }
}

function requireFormat(payloadFormat: string) {
  if ((PAYLOAD_FORMATS as readonly string[]).includes(payloadFormat)) return;
  throw new ConfigError(
    `The inbox's option "payloadFormat" is ${JSON.stringify(payloadFormat)}, but must be "standard" or "raw".`,
  );
}
