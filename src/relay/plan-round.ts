import { allowance, readyAt } from "../domain/pace.ts";
import { limits } from "../platform/limits.ts";
import type { ScheduleRow } from "./statements.ts";

/** What one round of a drain does, by endpoint. */
export interface Round {
  claim: ScheduleRow[];
  /** Due, but the last round could claim nothing there: what is due is blocked by an earlier one of its key. */
  park: ScheduleRow[];
  /** Deleted: their deliveries are cancelled. */
  cancel: ScheduleRow[];
}

/**
 * Chooses the endpoints that have waited longest. Paused and disabled ones are left alone: their deliveries wait for the
 * endpoint to be resumed or enabled, which wakes the relay; those with an open breaker until it may be tried again.
 * `stalled`: the last round could claim nothing there. `served`: they have had their turn in this drain.
 * Undefined when there is nothing to do now.
 */
export function planRound(
  schedule: readonly ScheduleRow[],
  { stalled, served }: { stalled: ReadonlySet<string>; served: ReadonlySet<string> },
  now: number,
): Round | undefined {
  const deleted = schedule.filter((row) => row.state === "deleted");
  const due = schedule.filter((row) => isServable(row, now) && !served.has(row.endpoint_id));
  // A large backlog of deleted endpoints must not keep the others from their turn.
  const first = deleted.splice(0, limits.deletedPerRound);
  const chosen = [...first, ...due, ...deleted].slice(0, limits.endpointsPerRound);
  if (chosen.length === 0) return undefined;
  return {
    claim: chosen.filter((row) => row.state === "enabled" && !stalled.has(row.endpoint_id)),
    park: chosen.filter((row) => row.state === "enabled" && stalled.has(row.endpoint_id)),
    cancel: chosen.filter((row) => row.state === "deleted"),
  };
}

function isServable(row: ScheduleRow, now: number): boolean {
  const { state, due_at, held_until, probe_until } = row;
  const isHeld = held_until !== null && Math.max(held_until, probe_until ?? 0) > now;
  return state === "enabled" && due_at <= now && !isHeld && roomFor(row, now) > 0;
}

/** How many more of an endpoint's deliveries may be claimed now. */
export function roomFor(row: ScheduleRow, now: number): number {
  return Math.min(placesFor(row), allowance(row, now));
}

/**
 * How many more may be under way: whole packs, as claims that follow each single outcome would make tasks of one
 * delivery each. When the breaker was open it is one delivery at a time, until one has succeeded.
 */
function placesFor({ in_flight, held_until }: ScheduleRow): number {
  if (held_until !== null) return 1;
  const free = limits.inFlightPerEndpoint - in_flight;
  return free - (free % limits.packDeliveries);
}

/**
 * When the relay must look again; undefined when nothing waits, and an idle tenant costs nothing. An endpoint
 * that has as much in flight as it may is looked at when a lease of it ends; who settles something wakes it before.
 */
export function nextAlarmAt(schedule: readonly ScheduleRow[]): number | undefined {
  const dueAts = schedule.flatMap((row) => {
    if (row.state === "deleted") return [0];
    if (row.state !== "enabled") return [];
    return placesFor(row) > 0 ? [readyAt(row)] : [row.lease_ends_at ?? row.due_at];
  });
  return dueAts.length > 0 ? Math.min(...dueAts) : undefined;
}
