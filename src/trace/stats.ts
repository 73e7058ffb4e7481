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
  type EndpointsRow,
  type SequenceRow,
  type Span,
  type StateRow,
  selectEndpointStates,
  selectSequence,
  selectUsage,
  type UsageRow,
} from "./stats-statements.ts";

/** `capped`: at least so many. 10,000 entries were read, and it was not looked whether there are more. */
type Count = { count: number; capped: boolean };

/** How a tenant stands. Nothing is kept for it: it is counted when it is asked for, as far as a limit. Instants in milliseconds. */
export interface Stats {
  at: number;
  span: Span;
  messages: {
    /** Ever committed. */
    total: number;
    /** Of those, removed past retention. */
    purged: number;
    /**
     * Committed within the span, purged or not, by their sequence numbers: at its ends the clocks of commits may differ a
     * little, and of a gap that the purge has left all numbers count.
     */
    inSpan: number;
  };
  /** Of the messages within the span. Not complete: of the newest 10,000 deliveries alone. */
  deliveries: {
    complete: boolean;
    counted: number;
    states: Record<DeliveryState, number>;
    /** Attempts on record. */
    attempts: number;
    /** Delivered by their only attempt. */
    deliveredAtOnce: number;
  };
  /** At this moment, whenever it was committed. */
  now: {
    unsettled: Count;
    /** Of them, what is to be looked at by now; and what waits for an earlier one of its ordering key. */
    due: Count;
    waitsForEarlier: Count;
    deadLetters: Count;
    blockedKeys: Count;
    /** When the first of those to enabled endpoints may be served, or might have been; null when none waits, and while the tenant is paused. */
    oldestDueAt: number | null;
  };
  /** Committed since the day began, in UTC. Null while nothing was, and for a tenant that has no quota. */
  today: UsageRow | null;
  /** By state, without the built-in ones. `failing`: their last attempt failed; `held`: by their breaker. */
  endpoints: { enabled: number; paused: number; disabled: number; failing: number; held: number };
}

/**
 * The last 24 hours, unless a span is given.
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
  // What is committed at this very moment, or by a clock that is ahead, belongs to a span that is open.
  const span = { since, until: given.until ?? Number.MAX_SAFE_INTEGER };
  const [[sequence], states, [due], [behind], [dead], [blocked], [current], [today = null]] = await readRows<
    [SequenceRow, StateRow, CountRow, CountRow, CountRow, CountRow, EndpointsRow, UsageRow]
  >(db, [
    selectSequence(db, tenantId, span),
    countStates(db, tenantId, span),
    countDue(db, tenantId, now),
    countBehind(db, tenantId),
    countDead(db, tenantId),
    countBlockedKeys(db, tenantId),
    selectEndpointStates(db, tenantId),
    selectUsage(db, tenantId, now),
  ]);
  if (!sequence || !current) throw new OutboxError({ code: "tenant_not_found", tenantId });
  const { oldestDueAt, ...ofEndpoints } = current;
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
      oldestDueAt,
    },
    endpoints: ofEndpoints,
    today,
  };
}

const NOTHING: CountRow = { looked: 0, count: 0 };

function capped({ looked, count }: CountRow = NOTHING): Count {
  return { count, capped: looked >= limits.statsCounted };
}

function unsettled(due: CountRow = NOTHING, behind: CountRow = NOTHING) {
  const parts = { due: capped(due), waitsForEarlier: capped(behind) };
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
