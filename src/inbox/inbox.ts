/**
 * The inbox inside a Worker that receives Standard Webhooks. It needs nothing of the outbox but its own table
 * (`migrations/inbox`), and is imported as `edge-outbox/inbox`.
 */
import type { Context, Handler } from "hono";
import type { Database } from "../db/database.ts";
import { PAYLOAD_FORMATS, type PayloadFormat } from "../domain/states.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { ConfigError } from "../platform/errors.ts";
import { describeError, jsonLog, type Log } from "../platform/log.ts";
import { inboxLimits as limits } from "./limits.ts";
import { contentOf } from "./payload-format.ts";
import { parseBody, readBody } from "./read-body.ts";
import { problemFor, refusalFor } from "./refusal.ts";
import { type Effect, type Taken, takeIn } from "./take-in.ts";
import { keysOf, readHeaders, type Secrets, verify } from "./verify.ts";

export type { PayloadFormat } from "../domain/states.ts";
export type { Effect } from "./take-in.ts";
export type { Secrets } from "./verify.ts";

/** A webhook that is authentic. */
export interface ReceivedWebhook<Env, Payload> {
  /** `webhook-id`: the same however often it is sent. */
  id: string;
  /** When this attempt was signed, to the second. Not when the event happened: see `occurredAt`. */
  sentAt: Date;
  /**
   * `type` in the body. In the format `raw` null, unless it is text. A header that names an event type is not signed, and not
   * looked at.
   */
  eventType: string | null;
  /** When the event happened: `timestamp` in the body, and the same at every attempt. Null in the format `raw`. */
  occurredAt: Date | null;
  /**
   * `data` in the body; in the format `raw` the whole body. That it is a `Payload` is the sender's word: nothing checks it.
   */
  payload: Payload;
  /** The body as it was sent and signed. */
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
   * The sender's secret, `whsec_…` or `v1,whsec_…`; while the sender rotates, the new one and the old one: as an array, or in one
   * text, separated by spaces, commas or `|`.
   */
  secrets: (env: Env, context: InboxContext<Env, Variables>) => Secrets | Promise<Secrets>;
  /** The D1 database of the receipts and of the `writes`. Default `env.DB`. */
  database?: (env: Env) => Database;
  /**
   * Who sends: ids of different sources do not meet. Whoever has a secret of a source can use up ids of it, so senders that do
   * not trust each other need a source each. At most 128 characters. Default "default".
   */
  source?: string | ((context: InboxContext<Env, Variables>) => string);
  /**
   * What the sender's bodies hold. `"standard"`: `{ type, timestamp, data }`, as Standard Webhooks recommends and an outbox sends
   * unless told otherwise; other bodies are refused. `"raw"`: whatever JSON the sender likes. Defaults to `"standard"`.
   */
  payloadFormat?: PayloadFormat;
  /**
   * Answers what is to happen because of the webhook, or nothing. It is committed with the record of the webhook, once. `receive` itself
   * may be called several times for one webhook, also at once: it reads, and builds statements, and changes nothing.
   * What it throws is logged by name and message, and answered 500: the sender tries again.
   */
  receive: (
    webhook: ReceivedWebhook<Env, Payload>,
    context: InboxContext<Env, Variables>,
  ) => Effect | undefined | Promise<Effect | undefined>;
  /** For how long an id is remembered, in days from 1 to 3650. Default 100: an outbox can send again for some 94. */
  rememberDays?: number;
  /** The longest body, in bytes. Default 512 KiB. */
  maxBodyBytes?: number;
}

const DAY_MS = 24 * 3600_000;

/**
 * A handler for hono, `app.post("/webhooks", inbox<Env>({ secrets, receive }))`: verifies a webhook, and commits what `receive`
 * answers in one D1 batch with the record of its `webhook-id`.
 *
 * 200 `{"duplicate": false}`: it is committed. 200 `{"duplicate": true}`: it was before, and nothing has changed. Any other status:
 * nothing was committed, as far as is known; the body is a problem document (RFC 9457) with a `code`, and the sender is to try again.
 *
 * @throws {ConfigError} when an option is out of its bounds
 */
export function inbox<
  Env extends object,
  Payload = unknown,
  Variables extends object = Record<string, unknown>,
>(options: InboxOptions<Env, Payload, Variables>): Handler<{ Bindings: Env; Variables: Variables }> {
  return inboxWith({ clock: systemClock, log: jsonLog }, options);
}

/** The same, with the time and the log by hand. The tolerance of signatures goes by the system's time in any case. */
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
