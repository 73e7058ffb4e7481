import { limits } from "../platform/limits.ts";

/**
 * Number of deliveries that may share a task with one that was begun so often, unheard of. Its consumer may have died of it, or
 * of something else in the task: it is looked for among fewer each time.
 */
export function companyOf(starts: number): number {
  if (starts === 0) return limits.packDeliveries;
  return isSuspect(starts) ? 1 : limits.watchedDeliveries;
}

/** A suspect travels alone, with those behind it in its key, and a consumer tries it beside nothing else. */
export function isSuspect(starts: number): boolean {
  return starts >= limits.startsUnsuspected;
}

/** Poison was begun alone so often, and its consumer died each time, that it is not tried again. */
export function isPoison(starts: number): boolean {
  return starts >= limits.startsUnsuspected + limits.poisonStarts;
}
