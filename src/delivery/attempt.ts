import {
  type Channel,
  type Dispatch,
  EMAIL_UNKNOWN,
  HANDLER_UNKNOWN,
  PLATFORM_LIMIT,
  RETRY_ASKED,
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
import { describeError } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type Judgement, judge } from "./judge.ts";
import { newsOf } from "./news.ts";
import type { ClosedSecrets, OpenSecrets } from "./open-secrets.ts";
import type { EndpointRow, LeasedRow, Verdict } from "./statements.ts";

export interface AttemptTools extends EffectsTools {
  channel: Channel;
  timeoutMs: number;
  retrySchedule: readonly number[];
}

/** The error classes of what went wrong on this side, before the endpoint had a say. */
const INTERNAL = "internal";
const OUR_FAULTS = [INTERNAL, SECRET_UNAVAILABLE, HANDLER_UNKNOWN, EMAIL_UNKNOWN, PLATFORM_LIMIT];
/** The error class of a handler's attempt whose statements or messages could not be committed. */
const EFFECTS_REFUSED = "effects_refused";

/** Tries one delivery once, and judges what came of it. Never throws. */
export async function attempt(
  tools: AttemptTools,
  task: DeliveryTask,
  endpoint: EndpointRow,
  secrets: OpenSecrets | ClosedSecrets,
  row: LeasedRow,
): Promise<Verdict> {
  const startedAt = tools.clock.now();
  const reply =
    "closed" in secrets
      ? temporary(SECRET_UNAVAILABLE, { excerpt: secrets.closed.slice(0, limits.errorLength) })
      : await deliver(tools, dispatchFor(tools, task, endpoint, secrets, row, startedAt));
  const endedAt = tools.clock.now();
  const verdictOn = (reply: Reply) => verdictFor(tools, endpoint, row, reply, { startedAt, endedAt });
  if (reply.kind !== "accepted" || reply.effects === undefined) return verdictOn(reply);
  const refused = (error: unknown) => verdictOn(temporary(classOf(error), { excerpt: excerptOf(error) }));
  try {
    const effects = reply.effects as Effects;
    const planned = await planEffects(tools, task.tenantId, effects, traceOf(row, tools.random));
    return { ...verdictOn(reply), effects: { planned, refused } };
  } catch (error) {
    return refused(error);
  }
}

function verdictFor(
  tools: AttemptTools,
  endpoint: EndpointRow,
  row: LeasedRow,
  reply: Reply,
  { startedAt, endedAt: now }: { startedAt: number; endedAt: number },
): Verdict {
  const schedule = scheduleOf(tools, endpoint);
  const giveUpOn: readonly number[] = endpoint.give_up_on ? JSON.parse(endpoint.give_up_on) : [];
  const number = row.attempts + 1 - row.schedule_from;
  const judgement = judge({ reply, attempt: number, schedule, giveUpOn, now }, tools.random);
  const verdict = {
    seq: row.seq,
    state: judgement.outcome === "retry" ? ("pending" as const) : judgement.outcome,
    dueAt: judgement.outcome === "retry" ? judgement.dueAt : null,
    settledAt: judgement.outcome === "retry" ? null : now,
    reason: judgement.outcome === "dead" ? judgement.reason : null,
    late: false,
    attempt: { outcome: judgement.outcome, startedAt, durationMs: now - startedAt, ...recordOf(reply) },
    says: sayingOf(reply, judgement),
  };
  const occasion = {
    endpointId: endpoint.id,
    row,
    verdict,
    attempt: number,
    attemptsInAll: schedule.length + 1,
  };
  return { ...verdict, news: newsOf(occasion, tools.random) };
}

/** That D1 could not be asked, or has no room, says nothing of what the handler gave. */
function classOf(error: unknown): string {
  const unasked = error instanceof OutboxError && error.retryable;
  return unasked || faultOf(error) === "full" ? INTERNAL : EFFECTS_REFUSED;
}

function excerptOf(error: unknown): string {
  return describeError(error).slice(0, limits.errorLength);
}

async function deliver({ channel, clock, timeoutMs }: AttemptTools, dispatch: Dispatch): Promise<Reply> {
  try {
    return await channel.deliver(dispatch, clock.timeout(timeoutMs));
  } catch (error) {
    return temporary(INTERNAL, { excerpt: excerptOf(error) });
  }
}

/** A delivery that has killed its consumer each time it was tried, as far as can be told. */
export function poisoned(tools: AttemptTools, endpoint: EndpointRow, row: LeasedRow): Verdict {
  const verdict = {
    seq: row.seq,
    state: "dead" as const,
    dueAt: null,
    settledAt: tools.clock.now(),
    reason: "poison",
    late: false,
    attempt: null,
    says: null,
  };
  const attemptsInAll = scheduleOf(tools, endpoint).length + 1;
  const occasion = {
    endpointId: endpoint.id,
    row,
    verdict,
    attempt: row.attempts - row.schedule_from,
    attemptsInAll,
  };
  return { ...verdict, news: newsOf(occasion, tools.random) };
}

function scheduleOf(tools: AttemptTools, endpoint: EndpointRow): readonly number[] {
  return endpoint.retry_schedule ? JSON.parse(endpoint.retry_schedule) : tools.retrySchedule;
}

/** What it says of the endpoint. A final no is an answer about this one message; our own failure is none at all. */
function sayingOf(reply: Reply, judgement: Judgement): Verdict["says"] {
  if (reply.kind === "accepted") return "well";
  const given = judgement.outcome === "dead" && judgement.reason !== "exhausted";
  return given || [...OUR_FAULTS, RETRY_ASKED].includes(reply.error) ? null : "failing";
}

function recordOf(reply: Reply) {
  const { httpStatus } = reply;
  if (reply.kind !== "accepted") return { httpStatus, excerpt: reply.excerpt, error: reply.error };
  // Of what went well nobody needs more, and the row of its delivery stays small.
  return { httpStatus, excerpt: reply.excerpt?.slice(0, limits.shownExcerptLength) ?? null, error: null };
}

function dispatchFor(
  { random }: AttemptTools,
  { tenantId }: DeliveryTask,
  endpoint: EndpointRow,
  secrets: OpenSecrets,
  row: LeasedRow,
  sentAt: number,
): Dispatch {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    tenantId,
    eventType: row.event_type,
    orderingKey: row.ordering_key,
    committedAt: row.committed_at,
    attempt: row.attempts + 1,
    payload: row.payload,
    ...traceOf(row, random),
    endpoint: {
      id: endpoint.id,
      target: endpoint.target,
      payloadFormat: endpoint.payload_format,
      headers: endpoint.headers ? JSON.parse(endpoint.headers) : null,
      secretHeaders: secrets.headers,
      // After a rotation the old ones sign beside the new one for a while.
      secrets: secrets.signing.filter(({ until }) => until > sentAt).map(({ secret }) => secret),
    },
    sentAt,
  };
}

/** One step further in the trace of the message's request. */
function traceOf({ traceparent, tracestate }: LeasedRow, random: Random): TraceContext {
  return { traceparent: traceparent && childOf(traceparent, random), tracestate };
}
