import { type Database, readRows, type Statement } from "../db/database.ts";
import type { ComplaintLevel } from "../domain/complaints.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import {
  type CountRow,
  countBehind,
  countBlockedKeys,
  countDead,
  countDue,
  type DueRow,
  type EndpointsRow,
  selectEndpointStates,
  selectTotal,
  selectUsage,
  type TotalRow,
  type UsageRow,
} from "./stats-statements.ts";

/** A bounded count. `capped`: counting stopped at its limit, and there may be more. */
type Count = { count: number; capped: boolean };

/** Counts at this moment, of messages of any age. Instants in milliseconds. */
interface CountedNow {
  at: number;
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
   * Endpoints by state, without the built-in ones. `failing`: the latest attempt failed. `held`: the breaker is open.
   */
  endpoints: { enabled: number; paused: number; disabled: number; failing: number; held: number };
}

/** Counts of a tenant at this moment. */
export interface Now extends CountedNow {
  messages: {
    /** Messages ever committed. */
    total: number;
    /** Messages removed after their retention. */
    purged: number;
  };
  /** Complaints that were told of within the last 24 hours, as they were too many. Null: none were. */
  complaints: { level: ComplaintLevel; toldAt: number } | null;
  /** Usage since the day began, in UTC. Null before the first commit of the day, and for a tenant without a quota. */
  today: UsageRow | null;
}

/**
 * Counts what a tenant has at this moment, each up to 1,000: cheap enough to poll.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function readNow(db: Database, tenantId: string, now: number): Promise<Now> {
  const most = limits.nowCounted;
  const [[messages], [today = null], ...current] = await readRows<[TotalRow, UsageRow, ...NowRows]>(db, [
    selectTotal(db, tenantId),
    selectUsage(db, tenantId, now),
    ...selectNow(db, tenantId, most, now),
  ]);
  if (!messages) throw new OutboxError({ code: "tenant_not_found", tenantId });
  const { total, purged } = messages;
  const complaints = complaintsTold(messages, now);
  return { ...describeNow(current, most, now), messages: { total, purged }, complaints, today };
}

/** Complaints of a tenant's row that were told of within the last day. */
export function complaintsTold(row: TotalRow, now: number): Now["complaints"] {
  const { complaints_told: level, complaints_told_at: toldAt } = row;
  const isLately = toldAt !== null && toldAt > now - limits.warnings.complaints.quietMs;
  return level !== null && isLately ? { level, toldAt } : null;
}

export type NowRows = [DueRow, CountRow, CountRow, CountRow, EndpointsRow];
type EachAs<Rows extends readonly unknown[], Of> = { [Read in keyof Rows]: Of };
type ManyOf<Rows extends readonly unknown[]> = { [Read in keyof Rows]: Rows[Read][] };

/** Counts of this moment, each up to `most`. */
export function selectNow(
  db: Database,
  tenantId: string,
  most: number,
  now: number,
): EachAs<NowRows, Statement> {
  return [
    countDue(db, tenantId, most, now),
    countBehind(db, tenantId, most),
    countDead(db, tenantId, most),
    countBlockedKeys(db, tenantId, most),
    selectEndpointStates(db, tenantId, now),
  ];
}

/** Shows the rows of `selectNow`. */
export function describeNow(
  [[due], [behind], [dead], [blocked], [current]]: ManyOf<NowRows>,
  most: number,
  now: number,
): CountedNow {
  const capped = ({ looked, count }: CountRow = NOTHING): Count => ({ count, capped: looked >= most });
  const { looked, held } = due ?? { ...NOTHING, held: 0 };
  const { oldestLateAt, ...endpoints } = current ?? NO_ENDPOINTS;
  return {
    at: now,
    now: {
      unsettled: {
        count: looked + (behind?.count ?? 0),
        capped: capped(due).capped || capped(behind).capped,
      },
      due: capped(due),
      held: capped({ looked, count: held }),
      waitsForEarlier: capped(behind),
      deadLetters: capped(dead),
      blockedKeys: capped(blocked),
      oldestLateAt,
    },
    endpoints,
  };
}

const NOTHING: CountRow = { looked: 0, count: 0 };
const NO_ENDPOINTS: EndpointsRow = {
  enabled: 0,
  paused: 0,
  disabled: 0,
  failing: 0,
  held: 0,
  oldestLateAt: null,
};
