import { newNonce } from "../domain/ids.ts";
import { messageId } from "../domain/message-id.ts";
import { isSystemEvent, type SystemEvent } from "../domain/system-events.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

/** A verdict, and the facts that a system event tells of it. */
interface Occasion {
  endpoint: Pick<EndpointRow, "tenant_id" | "id">;
  row: LeasedRow;
  verdict: Omit<Verdict, "announcement">;
  /** Number of the attempt, from 1, counted since the last replay. */
  attempt: number;
  /** Number of attempts that the schedule allows. */
  attemptsInAll: number;
}

/** Makes the system event of a verdict; null for most verdicts. */
export function announcementOf(occasion: Occasion, random: Random): Announcement | null {
  const { endpoint, row, verdict } = occasion;
  const eventType = isSystemEvent(row.event_type) ? undefined : eventFor(occasion);
  if (!eventType) return null;
  const id = messageId(row);
  const payload = {
    tenantId: endpoint.tenant_id,
    messageId: id,
    eventType: row.event_type,
    endpointId: endpoint.id,
    attempt: verdict.attempt ? row.attempts + 1 : row.attempts,
    reason: verdict.reason,
    httpStatus: verdict.attempt?.httpStatus ?? null,
    error: verdict.attempt?.error ?? null,
    nextAttemptAt: verdict.dueAt === null ? null : new Date(verdict.dueAt).toISOString(),
  };
  return {
    tenantId: endpoint.tenant_id,
    eventType,
    nonce: newNonce(random),
    payload: JSON.stringify(payload),
    orderingKey: `${endpoint.id} ${id}`,
    seq: row.seq,
  };
}

function eventFor({ row, verdict, attempt, attemptsInAll }: Occasion): SystemEvent | undefined {
  const half = Math.ceil(attemptsInAll / 2);
  if (verdict.state === "dead") return "message.attempt.exhausted";
  if (verdict.state === "delivered") {
    return attempt > half || row.was_dead ? "message.attempt.recovered" : undefined;
  }
  return attempt === half ? "message.attempt.failing" : undefined;
}
