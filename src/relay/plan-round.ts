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
  const due = schedule.filter((row) => row.state === "enabled" && row.due_at <= now);
  const chosen = [...deleted, ...due].slice(0, limits.endpointsPerRound);
  if (chosen.length === 0) return undefined;
  return {
    claim: chosen.filter((row) => row.state === "enabled" && !stalled.has(row.endpoint_id)),
    park: chosen.filter((row) => row.state === "enabled" && stalled.has(row.endpoint_id)),
    cancel: chosen.filter((row) => row.state === "deleted"),
  };
}

/** When the relay must look again; undefined when nothing waits, and an idle tenant costs nothing. */
export function nextAlarmAt(schedule: readonly ScheduleRow[]): number | undefined {
  const dueAts = schedule
    .filter((row) => row.state === "enabled" || row.state === "deleted")
    .map((row) => (row.state === "deleted" ? 0 : row.due_at));
  return dueAts.length > 0 ? Math.min(...dueAts) : undefined;
}
