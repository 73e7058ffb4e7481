import type { Database } from "../../db/database.ts";
import type { LateTenant } from "../../db/schema.ts";
import type { TenantState } from "../../domain/states.ts";
import { TROUBLES, type Trouble } from "../../domain/troubles.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { type EndsRow, SEARCHES, selectTroubles, type TroubledRow } from "./trouble-statements.ts";

/** A trouble of a tenant. Instants in milliseconds. */
interface TroubleOfTenant {
  trouble: Trouble;
  /** Number of keys, endpoints or dead letters. Null: late deliveries and complaints are not counted. */
  count: number | null;
  /** True: counting stopped at the limit, and there may be more. */
  capped: boolean;
  /** Instant since which the first of them has been so. Null: unknown. */
  since: number | null;
}

/** A tenant that needs a person, with its troubles, the worst first. */
export interface TroubledTenant {
  tenantId: string;
  tenantName: string | null;
  tenantState: Exclude<TenantState, "deleted">;
  troubles: TroubleOfTenant[];
}

export interface Troubles {
  tenants: TroubledTenant[];
  /** False: there may be more tenants with trouble. Tenants with dead letters alone are left out first. */
  complete: boolean;
}

/**
 * Finds tenants that need a person, at most 100: the worst trouble first, and among equal ones the oldest.
 * @param late tenants with late deliveries, as the sweep found them
 * @param isAll true if these are all of them
 */
export async function listTroubles(
  db: Database,
  late: readonly LateTenant[],
  isAll: boolean,
): Promise<Troubles> {
  const { results } = await selectTroubles(db, late).all<TroubledRow | EndsRow>();
  const lateSince = new Map(late.map(({ tenantId, since }) => [tenantId, since]));
  const troubled = results.filter((row) => row.id !== null);
  const ends = results.find((row) => row.id === null)?.searches ?? 0;
  return {
    tenants: troubled
      .slice(0, deploymentLimits.troubledShown)
      .map((row) => describe(row, lateSince.get(row.id)))
      .toSorted(byWorst),
    complete: isAll && ends === SEARCHES && troubled.length <= deploymentLimits.troubledShown,
  };
}

/** `[looked, count, since]` */
type Counted = [looked: number, count: number, since: number | null];

function describe(row: TroubledRow, lateSince: number | undefined): TroubledTenant {
  const { deadLetters, heads, endpoints: most } = deploymentLimits.troubleCounted;
  const ofEndpoints: [rank: number, count: number, since: number | null][] = JSON.parse(row.endpoints);
  const lookedAt = (disabled: boolean) =>
    ofEndpoints.reduce((sum, [rank, count]) => sum + (isDisabled(rank) === disabled ? count : 0), 0);
  const counted: [Trouble, Counted, most: number][] = [
    ["blockedKeys", JSON.parse(row.blocked), heads],
    ...ofEndpoints.map(([rank, count, since]): [Trouble, Counted, number] => [
      TROUBLES[rank] as Trouble,
      [lookedAt(isDisabled(rank)), count, since],
      most,
    ]),
    ["deadLetters", JSON.parse(row.dead), deadLetters],
  ];
  const found = counted
    .filter(([, [, count]]) => count > 0)
    .map(([trouble, [seen, count, since], limit]) => ({ trouble, count, capped: seen >= limit, since }));
  const uncounted = (trouble: Trouble, since: number | null | undefined): TroubleOfTenant[] =>
    since == null ? [] : [{ trouble, count: null, capped: false, since }];
  const all = [...uncounted("late", lateSince), ...uncounted("complaints", row.complained_at), ...found];
  return {
    tenantId: row.id,
    tenantName: row.name,
    tenantState: row.state as TroubledTenant["tenantState"],
    troubles: all.toSorted((one, other) => TROUBLES.indexOf(one.trouble) - TROUBLES.indexOf(other.trouble)),
  };
}

const isDisabled = (rank: number) => TROUBLES[rank] === "disabledEndpoints";

/** The worst trouble first; then the one that has lasted longest. */
function byWorst(one: TroubledTenant, other: TroubledTenant): number {
  const [[rank, since], [otherRank, otherSince]] = [one, other].map(({ troubles: [worst] }) => [
    worst ? TROUBLES.indexOf(worst.trouble) : TROUBLES.length,
    worst?.since ?? Number.MAX_SAFE_INTEGER,
  ]) as [[number, number], [number, number]];
  return rank - otherRank || since - otherSince;
}
