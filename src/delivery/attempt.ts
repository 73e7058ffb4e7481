import {
  type Channel,
  type Dispatch,
  INTERNAL,
  type Refusal,
  type Reply,
  SECRET_UNAVAILABLE,
  temporary,
} from "../channels/channel.ts";
import { faultOf } from "../db/database.ts";
import { messageId } from "../domain/message-id.ts";
import { childOf, type TraceContext } from "../domain/trace-context.ts";
import { type Effects, type EffectsTools, planEffects } from "../outbox/effects.ts";
import type { Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { Vault } from "../platform/vault.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { aloneIn } from "./alone.ts";
import { repeatableUntil } from "./hold.ts";
import { attemptedVerdict } from "./make-verdict.ts";
import { type OpenSecrets, openEmail, type SecretsUnavailable } from "./open-secrets.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

export interface AttemptTools extends EffectsTools {
  channel: Channel;
  vault: Vault;
  log: Log;
  timeoutMs: number;
  /** Seconds to wait before each retry at endpoints without a schedule of their own. */
  retrySchedule: readonly number[];
}

/** A task's endpoint, ready to be called. */
export interface Destination {
  task: DeliveryTask;
  endpoint: EndpointRow;
  secrets: OpenSecrets | SecretsUnavailable;
}

/** The error class of a handler's attempt whose statements or messages could not be committed. */
const EFFECTS_REFUSED = "effects_refused";

/** Tries one delivery once, and judges the reply. Never throws. */
export async function attempt(tools: AttemptTools, to: Destination, row: LeasedRow): Promise<Verdict> {
  const { clock, random, retrySchedule } = tools;
  const startedAt = clock.now();
  const reply = await replyTo(tools, to, row, startedAt);
  const endedAt = clock.now();
  const { batch, pool } = tools.channel;
  const alone = row.doubt ?? aloneIn(tools.channel);
  const request = batch || pool || row.doubt ? alone : undefined;
  const verdictOn = (reply: Reply) =>
    attemptedVerdict(
      { row, endpoint: to.endpoint, retrySchedule },
      { reply, request, alone, startedAt, endedAt, repeatsUntil: repeatableUntil(tools, row) },
      random,
    );
  if (reply.kind !== "accepted" || reply.effects === undefined) return verdictOn(reply);
  const refused = (error: unknown) => verdictOn(temporary(classOf(error), { excerpt: excerptOf(error) }));
  try {
    const effects = reply.effects as Effects;
    const planned = await planEffects(tools, to.task.tenantId, effects, traceOf(row, random));
    return { ...verdictOn(reply), effects: { planned, refused } };
  } catch (error) {
    return refused(error);
  }
}

async function replyTo(tools: AttemptTools, to: Destination, row: LeasedRow, now: number): Promise<Reply> {
  const { channel, clock, random, timeoutMs } = tools;
  const { secrets } = to;
  if ("unavailable" in secrets) return secretUnavailable(secrets);
  const payload = row.sealed ? await openEmail(tools, to.task, row) : row.payload;
  // It waits for the key: one that ends is wiped.
  if (typeof payload !== "string") return { ...secretUnavailable(payload), spares: true };
  const dispatch = dispatchFor(to, secrets, { ...row, payload }, { ...traceOf(row, random), sentAt: now });
  const reply = await send(channel, dispatch, clock.timeout(timeoutMs));
  // Words about a sensitive e-mail may quote its content.
  return row.sealed ? { ...reply, excerpt: null } : reply;
}

async function send(channel: Channel, dispatch: Dispatch, signal: AbortSignal): Promise<Reply> {
  try {
    return await channel.deliver(dispatch, signal);
  } catch (error) {
    return temporary(INTERNAL, { excerpt: excerptOf(error) });
  }
}

function secretUnavailable({ unavailable }: SecretsUnavailable): Refusal {
  return temporary(SECRET_UNAVAILABLE, { excerpt: unavailable.slice(0, limits.errorLength), unsent: true });
}

function dispatchFor(
  { task, endpoint }: Destination,
  secrets: OpenSecrets,
  row: LeasedRow,
  { sentAt, ...trace }: TraceContext & { sentAt: number },
): Dispatch {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    tenantId: task.tenantId,
    eventType: row.event_type,
    orderingKey: row.ordering_key,
    committedAt: row.committed_at,
    attempt: row.attempts + 1,
    resends: row.resends,
    payload: row.payload,
    ...(Array.isArray(row.suppressed) && { suppressed: row.suppressed }),
    ...trace,
    endpoint: {
      id: endpoint.id,
      target: endpoint.target,
      payloadFormat: endpoint.payload_format,
      headers: endpoint.headers ? JSON.parse(endpoint.headers) : null,
      secretHeaders: secrets.headers,
      // After a rotation the previous secrets sign beside the new one for a while.
      secrets: secrets.signing.filter(({ until }) => until > sentAt).map(({ secret }) => secret),
    },
    sentAt,
  };
}

/** Trace context of this attempt, one step further in the message's trace. */
function traceOf({ traceparent, tracestate }: LeasedRow, random: Random): TraceContext {
  return { traceparent: traceparent && childOf(traceparent, random), tracestate };
}

/** A D1 that did not answer, or is full, is not the fault of the handler's effects. */
function classOf(error: unknown): string {
  const unasked = error instanceof OutboxError && error.retryable;
  return unasked || faultOf(error) === "full" ? INTERNAL : EFFECTS_REFUSED;
}

function excerptOf(error: unknown): string {
  return describeError(error).slice(0, limits.errorLength);
}
