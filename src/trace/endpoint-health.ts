import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { failureBudget, isDisabledByFailures } from "../domain/failure-budget.ts";
import type { EndpointState } from "../domain/states.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type EndpointHealthRow, selectHealth } from "./endpoint-health-statements.ts";
import { type RecentOutcomes, readSums, recentOf } from "./series.ts";

/** `closed`: deliveries go out. `open`: none does, until an instant. `halfOpen`: one at a time is tried, until one succeeds. */
export const BREAKER_STATES = ["closed", "open", "halfOpen"] as const;

/** Health of an endpoint. Instants in milliseconds. */
export interface EndpointHealth extends RecentOutcomes {
  at: number;
  endpointId: string;
  /** A paused tenant pauses its endpoints. */
  state: EndpointState;
  stateReason: string | null;
  breaker: {
    state: (typeof BREAKER_STATES)[number];
    /** End of the hold; null while it is closed. */
    until: number | null;
    /** Number of times it was opened, or kept open, since the last success. */
    holds: number;
    /** Attempts and failures that it counts while it is closed. */
    attempts: number;
    failures: number;
  };
  /**
   * Run of failures only, and how much of the time it has used after which the endpoint is disabled; null when the latest attempt
   * succeeded. `usedPercent` and `disabledAt` are null where failures disable nothing.
   */
  failing: {
    since: number;
    lastAt: number | null;
    usedPercent: number | null;
    disabledAt: number | null;
  } | null;
  waiting: {
    /** Due, and not handed to a consumer; and due later, by a schedule or a retry. */
    due: Capped;
    later: Capped;
    underWay: Capped;
    /** Behind an earlier delivery of their ordering key. */
    behind: Capped;
    /** Ordering keys that a dead delivery blocks: somebody has to act. */
    blockedKeys: Capped;
    /** Instant since which the longest late one might have been sent; null: none is late. */
    oldestLateAt: number | null;
  };
}

type Capped = { count: number; capped: boolean };

/**
 * Tells how an endpoint does: its breaker, its failures, what waits for it, and its outcomes.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`
 */
export async function readEndpointHealth(
  { db, disableAfterMs }: { db: Database; disableAfterMs: number },
  tenantId: string,
  endpointId: string,
  now: number,
): Promise<EndpointHealth> {
  const [row] = await readOfTenant<EndpointHealthRow>(
    db,
    tenantId,
    selectHealth(db, tenantId, endpointId, now),
  );
  if (!row) throw new OutboxError({ code: "endpoint_not_found", endpointId });
  const since = now - limits.statsWindowMs;
  const sums = await readSums(db, { tenantId, endpointId, since, until: now + 1 });
  return {
    at: now,
    endpointId,
    state: row.state,
    stateReason: row.state_reason,
    breaker: breakerOf(row, now),
    failing: failingOf(row, disableAfterMs, now),
    waiting: {
      due: capped(row.due),
      later: capped(row.later),
      underWay: capped(row.under_way),
      behind: capped(row.behind),
      blockedKeys: capped(row.blocked_keys),
      oldestLateAt: row.late_at,
    },
    ...recentOf(sums, now),
  };
}

function capped(count: number): Capped {
  return { count, capped: count >= limits.waitingCounted };
}

function breakerOf(row: EndpointHealthRow, now: number): EndpointHealth["breaker"] {
  const { held_until, holds, window_from, window_attempts: attempts, window_failures: failures } = row;
  const isCounting = window_from !== null && now - window_from < limits.breakerWindowMs;
  const counted = isCounting ? { attempts, failures } : { attempts: 0, failures: 0 };
  return { ...breakerStateOf({ held_until }, now), holds, ...counted };
}

/** State of an endpoint's breaker, and the end of its hold. */
export function breakerStateOf(
  { held_until: until }: Pick<EndpointHealthRow, "held_until">,
  now: number,
): Pick<EndpointHealth["breaker"], "state" | "until"> {
  if (until === null) return { state: "closed", until };
  return { state: until > now ? "open" : "halfOpen", until };
}

/** Run of failures of an endpoint; null when its latest attempt succeeded. */
export function failingOf(
  row: Pick<EndpointHealthRow, "channel" | "failing_since" | "failed_at">,
  disableAfterMs: number,
  now: number,
): EndpointHealth["failing"] {
  const { channel, failing_since: since, failed_at: lastAt } = row;
  if (since === null) return null;
  if (!isDisabledByFailures(channel)) return { since, lastAt, usedPercent: null, disabledAt: null };
  const { usedPercent, endsAt } = failureBudget(since, disableAfterMs, now);
  return { since, lastAt, usedPercent, disabledAt: endsAt };
}
