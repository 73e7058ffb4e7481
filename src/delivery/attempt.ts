import { type Channel, type Dispatch, type Reply, temporary } from "../channels/channel.ts";
import type { PreviousSecret } from "../db/schema.ts";
import { messageId } from "../domain/ids.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { judge } from "./judge.ts";
import type { EndpointRow, LeasedRow, Verdict } from "./statements.ts";

export interface AttemptTools {
  channel: Channel;
  clock: Clock;
  random: Random;
  timeoutMs: number;
  retrySchedule: readonly number[];
}

/** Tries one delivery once, and judges what came of it. Never throws. */
export async function attempt(tools: AttemptTools, endpoint: EndpointRow, row: LeasedRow): Promise<Verdict> {
  const startedAt = tools.clock.now();
  const reply = await tools.channel
    .deliver(dispatchFor(endpoint, row, startedAt), tools.clock.timeout(tools.timeoutMs))
    .catch((error) => temporary("internal", { excerpt: describeError(error).slice(0, limits.errorLength) }));
  const now = tools.clock.now();
  const schedule: readonly number[] = endpoint.retry_schedule
    ? JSON.parse(endpoint.retry_schedule)
    : tools.retrySchedule;
  const judgement = judge(
    { reply, attempt: row.attempts + 1 - row.schedule_from, schedule, now },
    tools.random,
  );
  return {
    seq: row.seq,
    state: judgement.outcome === "retry" ? "pending" : judgement.outcome,
    dueAt: judgement.outcome === "retry" ? judgement.dueAt : null,
    settledAt: judgement.outcome === "retry" ? null : now,
    reason: judgement.outcome === "dead" ? judgement.reason : null,
    late: false,
    attempt: { outcome: judgement.outcome, startedAt, durationMs: now - startedAt, ...recordOf(reply) },
  };
}

function recordOf(reply: Reply) {
  const { httpStatus, excerpt } = reply;
  return { httpStatus, excerpt, error: reply.kind === "refused" ? reply.error : null };
}

function dispatchFor(endpoint: EndpointRow, row: LeasedRow, sentAt: number): Dispatch {
  return {
    messageId: messageId(row),
    eventType: row.event_type,
    payload: row.payload,
    endpoint: {
      id: endpoint.id,
      target: endpoint.target,
      headers: endpoint.headers ? JSON.parse(endpoint.headers) : null,
      secrets: liveSecrets(endpoint, sentAt),
    },
    sentAt,
  };
}

/** After a rotation the old ones sign beside the new one for a while. */
function liveSecrets(endpoint: EndpointRow, now: number): string[] {
  const previous: PreviousSecret[] = endpoint.previous_secrets ? JSON.parse(endpoint.previous_secrets) : [];
  const live = previous.filter(({ until }) => until > now).map(({ secret }) => secret);
  return endpoint.secret === null ? live : [endpoint.secret, ...live];
}
