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
 * Chooses the endpoints that have waited longest. Paused and disabled ones are left alone: their
 * deliveries wait for the endpoint to be resumed or enabled, which wakes the relay. Undefined when there is nothing to do now.
 */
export function planRound(
  schedule: readonly ScheduleRow[],
  stalled: ReadonlySet<string>,
  now: number,
): Round | undefined {
  const deleted = schedule.filter((row) => row.state === "deleted");
  const due = schedule.filter((row) => row.state === "enabled" && row.due_at <= now && roomFor(row) > 0);
  const chosen = [...deleted, ...due].slice(0, limits.endpointsPerRound);
  if (chosen.length === 0) return undefined;
  return {
    claim: chosen.filter((row) => row.state === "enabled" && !stalled.has(row.endpoint_id)),
    park: chosen.filter((row) => row.state === "enabled" && stalled.has(row.endpoint_id)),
    cancel: chosen.filter((row) => row.state === "deleted"),
  };
}

/** How many more of an endpoint's deliveries may be claimed. */
export function roomFor(row: ScheduleRow): number {
  return Math.min(limits.inFlightPerEndpoint - row.in_flight, limits.claimsPerEndpoint);
}

/**
 * When the relay must look again; undefined when nothing waits, and an idle tenant costs nothing. An endpoint
 * that has as much in flight as it may is looked at when a lease of it ends; who settles something wakes it before.
 */
export function nextAlarmAt(schedule: readonly ScheduleRow[]): number | undefined {
  const dueAts = schedule.flatMap((row) => {
    if (row.state === "deleted") return [0];
    if (row.state !== "enabled") return [];
    return roomFor(row) > 0 ? [row.due_at] : [row.later_at ?? row.due_at];
  });
  return dueAts.length > 0 ? Math.min(...dueAts) : undefined;
}
