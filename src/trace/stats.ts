import { type Database, readRows } from "../db/database.ts";
import { type EmailSumsRow, selectEmailSums } from "../db/email-sums.ts";
import { DELIVERY_STATES, type DeliveryState } from "../domain/states.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { StatsSpan } from "./filters.ts";
import { complaintsTold, describeNow, type Now, type NowRows, selectNow } from "./now.ts";
import { selectMoreUnsummed } from "./series-statements.ts";
import { type Span, spanOf } from "./span.ts";
import {
  countStates,
  countUnsummedEmails,
  type SequenceRow,
  type StateRow,
  selectSequence,
  selectUsage,
  type UsageRow,
} from "./stats-statements.ts";

/** Statistics of a tenant, counted on request up to a limit, without stored counters. Instants in milliseconds. */
export interface Stats extends Now {
  span: Span;
  messages: Now["messages"] & {
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
  /**
   * E-mails that were accepted in the span, whenever they were committed, and those of which a recipient bounced or complained
   * in it, by whole spans of the sums. Rates are shares of the accepted ones, null without any; that of bounces counts hard ones.
   */
  emails: {
    complete: boolean;
    accepted: number;
    bounced: { hard: number; soft: number };
    complained: number;
    bounceRate: number | null;
    complaintRate: number | null;
  };
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
  const { span, counted } = spanOf(given, now);
  const most = limits.statsCounted;
  const [[sequence], states, emails, unsummed, [edge], [today = null], ...current] = await readRows<
    [SequenceRow, StateRow, EmailSumsRow, { accepted: number }, { more: 0 | 1 }, UsageRow, ...NowRows]
  >(db, [
    selectSequence(db, tenantId, counted),
    countStates(db, tenantId, counted, most),
    selectEmailSums(db, tenantId, counted, most),
    countUnsummedEmails(db, tenantId, counted),
    selectMoreUnsummed(db, tenantId, limits.unsummedCounted.brief),
    selectUsage(db, tenantId, now),
    ...selectNow(db, tenantId, most, now),
  ]);
  if (!sequence) throw new OutboxError({ code: "tenant_not_found", tenantId });
  return {
    ...describeNow(current, most, now),
    span,
    messages: {
      total: sequence.total,
      purged: sequence.purged,
      inSpan: Math.max(sequence.endSeq - sequence.firstSeq, 0),
    },
    deliveries: tally(states),
    emails: tallyEmails(emails[0], unsummed[0], edge?.more === 1),
    complaints: complaintsTold(sequence, now),
    today,
  };
}

function tallyEmails(
  summed: EmailSumsRow | undefined,
  unsummed: { accepted: number } | undefined,
  isCut: boolean,
): Stats["emails"] {
  const { looked = 0, hardBounced = 0, softBounced = 0, complained = 0 } = summed ?? {};
  const accepted = (summed?.accepted ?? 0) + (unsummed?.accepted ?? 0);
  const complete = !isCut && looked < limits.statsCounted;
  const rateOf = (count: number) => (complete && accepted > 0 ? count / accepted : null);
  return {
    complete,
    accepted,
    bounced: { hard: hardBounced, soft: softBounced },
    complained,
    bounceRate: rateOf(hardBounced),
    complaintRate: rateOf(complained),
  };
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
