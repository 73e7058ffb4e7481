import { type Database, readRows, type Statement } from "../db/database.ts";
import { LIVE_TENANT, requireTenant } from "../db/live-tenant.ts";
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
} from "./stats-statements.ts";

/** A bounded count. `capped`: counting stopped at its limit, and there may be more. */
type Count = { count: number; capped: boolean };

/** Gauges of a tenant: counts at this moment, of messages of any age. Instants in milliseconds. */
export interface Now {
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

/**
 * Reads the gauges of a tenant, each counted to 1,000: cheap enough to poll.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function readNow(db: Database, tenantId: string, now: number): Promise<Now> {
  const most = limits.nowCounted;
  const tenant = db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId);
  const [tenants, ...gauges] = await readRows<[unknown, ...GaugeRows]>(db, [
    tenant,
    ...selectGauges(db, tenantId, most, now),
  ]);
  requireTenant(tenants, tenantId);
  return describeGauges(gauges, most, now);
}

export type GaugeRows = [DueRow, CountRow, CountRow, CountRow, EndpointsRow];
type EachAs<Rows extends readonly unknown[], Of> = { [Read in keyof Rows]: Of };
type ManyOf<Rows extends readonly unknown[]> = { [Read in keyof Rows]: Rows[Read][] };

/** Reads of the gauges, each counted to `most`. */
export function selectGauges(
  db: Database,
  tenantId: string,
  most: number,
  now: number,
): EachAs<GaugeRows, Statement> {
  return [
    countDue(db, tenantId, most, now),
    countBehind(db, tenantId, most),
    countDead(db, tenantId, most),
    countBlockedKeys(db, tenantId, most),
    selectEndpointStates(db, tenantId, now),
  ];
}

/** Shows what the reads of the gauges have answered. */
export function describeGauges(
  [[due], [behind], [dead], [blocked], [current]]: ManyOf<GaugeRows>,
  most: number,
  now: number,
): Now {
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
