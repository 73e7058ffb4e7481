import { type Database, readRows } from "../db/database.ts";
import { DELIVERY_STATES, type DeliveryState } from "../domain/states.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { StatsSpan } from "./filters.ts";
import {
  type CountRow,
  countBehind,
  countBlockedKeys,
  countDead,
  countDue,
  countStates,
  type DueRow,
  type EndpointsRow,
  type SequenceRow,
  type Span,
  type StateRow,
  selectEndpointStates,
  selectSequence,
  selectUsage,
  type UsageRow,
} from "./stats-statements.ts";

/** A bounded count. `capped`: counting stopped after 10,000 entries, and there may be more. */
type Count = { count: number; capped: boolean };

/** Statistics of a tenant, counted on request up to a limit, without stored counters. Instants in milliseconds. */
export interface Stats {
  at: number;
  span: Span;
  messages: {
    /** Messages ever committed. */
    total: number;
    /** Messages removed after their retention. */
    purged: number;
    /**
     * Messages committed within the span, purged or not, by sequence number. At its ends clocks may differ a little,
     * and in a purged gap every number counts.
     */
    inSpan: number;
  };
  /** Deliveries of the messages within the span. Not complete: only the newest 10,000 were counted. */
  deliveries: {
    complete: boolean;
    counted: number;
    states: Record<DeliveryState, number>;
    /** Recorded attempts. */
    attempts: number;
    /** Deliveries that succeeded at their only attempt. */
    deliveredAtOnce: number;
  };
  /** Counts at this moment, of messages of any age. */
  now: {
    unsettled: Count;
    /** Unsettled deliveries that are due; and those that wait for an earlier one of their ordering key. */
    due: Count;
    /** Due deliveries that are held on purpose: by a pause, a disabled endpoint, an open breaker or a rate limit. */
    held: Count;
    waitsForEarlier: Count;
    deadLetters: Count;
    blockedKeys: Count;
    /** Instant since which the longest late delivery might have been sent. Null: none is late. A delivery held on purpose is not. */
    oldestLateAt: number | null;
  };
  /**
   * Usage since the day began, in UTC. Null before the first commit of the day, and for a tenant without a quota.
   */
  today: UsageRow | null;
  /**
   * Endpoints by state, without the built-in ones. `failing`: the latest attempt failed. `held`: the breaker is open.
   */
  endpoints: { enabled: number; paused: number; disabled: number; failing: number; held: number };
}

/**
 * Counts a tenant's messages, deliveries and endpoints. The span defaults to the last 24 hours.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function readStats(
  db: Database,
  tenantId: string,
  given: StatsSpan,
  now: number,
): Promise<Stats> {
  const until = given.until ?? now;
  const since = given.since ?? until - limits.statsWindowMs;
  // An open span includes messages committed at this moment, or by a clock that is ahead.
  const span = { since, until: given.until ?? Number.MAX_SAFE_INTEGER };
  const [[sequence], states, [due], [behind], [dead], [blocked], [current], [today = null]] = await readRows<
    [SequenceRow, StateRow, DueRow, CountRow, CountRow, CountRow, EndpointsRow, UsageRow]
  >(db, [
    selectSequence(db, tenantId, span),
    countStates(db, tenantId, span),
    countDue(db, tenantId, now),
    countBehind(db, tenantId),
    countDead(db, tenantId),
    countBlockedKeys(db, tenantId),
    selectEndpointStates(db, tenantId, now),
    selectUsage(db, tenantId, now),
  ]);
  if (!sequence || !current) throw new OutboxError({ code: "tenant_not_found", tenantId });
  const { oldestLateAt, ...ofEndpoints } = current;
  return {
    at: now,
    span: { since, until },
    messages: {
      total: sequence.total,
      purged: sequence.purged,
      inSpan: Math.max(sequence.endSeq - sequence.firstSeq, 0),
    },
    deliveries: tally(states),
    now: {
      ...unsettled(due, behind),
      deadLetters: capped(dead),
      blockedKeys: capped(blocked),
      oldestLateAt,
    },
    endpoints: ofEndpoints,
    today,
  };
}

const NOTHING: CountRow = { looked: 0, count: 0 };

function capped({ looked, count }: CountRow = NOTHING): Count {
  return { count, capped: looked >= limits.statsCounted };
}

function unsettled(due: DueRow = { ...NOTHING, held: 0 }, behind: CountRow = NOTHING) {
  const held = capped({ looked: due.looked, count: due.held });
  const parts = { due: capped(due), held, waitsForEarlier: capped(behind) };
  const all = {
    count: due.looked + behind.count,
    capped: parts.due.capped || parts.waitsForEarlier.capped,
  };
  return { unsettled: all, ...parts };
}

function tally(rows: readonly StateRow[]): Stats["deliveries"] {
  const counted = rows.reduce((sum, { count }) => sum + count, 0);
  const countOf = (state: DeliveryState) => rows.find((row) => row.state === state)?.count ?? 0;
  return {
    complete: counted < limits.statsCounted,
    counted,
    states: Object.fromEntries(
      DELIVERY_STATES.map((state) => [state, countOf(state)]),
    ) as Stats["deliveries"]["states"],
    attempts: rows.reduce((sum, { attempts }) => sum + attempts, 0),
    deliveredAtOnce: rows.find(({ state }) => state === "delivered")?.attemptedOnce ?? 0,
  };
}
