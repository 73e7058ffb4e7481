import type { Disabling } from "../db/disabling.ts";
import { budgetUsed } from "../domain/failure-budget.ts";
import { newNonce } from "../domain/ids.ts";
import { messageId } from "../domain/message-id.ts";
import type { SystemEvent } from "../domain/system-events.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import type { Health } from "./health.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import type { Verdict } from "./verdict.ts";

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** An attempt at an endpoint that failed by its fault, as system events tell of it. */
export interface Failure {
  at: string | null;
  error: string | null;
  httpStatus: number | null;
  messageId: string;
  eventType: string;
}

/** The last of the attempts that failed by the endpoint's fault; null for none. */
export function lastFailure(
  verdicts: readonly Verdict[],
  rows: ReadonlyMap<number, LeasedRow>,
): Failure | null {
  const last = verdicts.findLast(
    ({ healthSignal }) => healthSignal === "failing" || healthSignal === "refused",
  );
  const row = last && rows.get(last.seq);
  if (!row || !last.attempt) return null;
  const { startedAt, durationMs, error, httpStatus } = last.attempt;
  const at = iso(startedAt + durationMs);
  return { at, error, httpStatus, messageId: messageId(row), eventType: row.event_type };
}

/** Makes the system event of an endpoint that its own answers disable. */
export function disabledAnnouncement(
  endpoint: EndpointRow,
  disabling: Disabling,
  now: number,
  random: Random,
): Announcement {
  const failingSince = disabling.kind === "failing" ? disabling.health.failingSince : null;
  const told = { reason: disabling.kind, failingSince: iso(failingSince), disabledAt: iso(now) };
  return about(endpoint, "endpoint.disabled", told, random);
}

/** A change of an endpoint's health. */
interface HealthChange {
  endpoint: EndpointRow;
  read: Health;
  next: Health;
  failure: Failure | null;
}

/** Makes the system event of a change of an endpoint's health; undefined for most changes. */
export function healthAnnouncement(
  { endpoint, read, next, failure }: HealthChange,
  now: number,
  { random, disableAfterMs }: { random: Random; disableAfterMs: number },
): Announcement | undefined {
  if (next.failingSince !== null && next.failingTold > read.failingTold) {
    const told = {
      failingSince: iso(next.failingSince),
      percent: Math.floor(budgetUsed(next, now, disableAfterMs)),
      willBeDisabledAt: iso(next.failingSince + disableAfterMs),
      lastFailure: failure,
    };
    return about(endpoint, "endpoint.failing", told, random);
  }
  if (next.failingSince !== null || read.failingTold === 0) return undefined;
  const told = { failingSince: iso(read.failingSince), recoveredAt: iso(now) };
  return about(endpoint, "endpoint.recovered", told, random);
}

function about(endpoint: EndpointRow, eventType: SystemEvent, told: object, random: Random): Announcement {
  const { tenant_id: tenantId, id: endpointId, description } = endpoint;
  return {
    tenantId,
    eventType,
    nonce: newNonce(random),
    payload: JSON.stringify({ tenantId, endpointId, target: shownTarget(endpoint), description, ...told }),
    orderingKey: endpointId,
    seq: null,
  };
}

/** A webhook's origin, because its path may hold a secret; an address, or the name of a handler. */
export function shownTarget({ channel, target }: EndpointRow): string {
  return channel === "webhook" ? (URL.parse(target)?.origin ?? "") : target;
}
