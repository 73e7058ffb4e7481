import { limits } from "../platform/limits.ts";

/**
 * How many deliveries may share a task with one that was begun so often, unheard of. Whoever began it may have died of it, or
 * of something else that was in the task: it is looked for among fewer each time.
 */
export function companyOf(starts: number): number {
  if (starts === 0) return limits.packDeliveries;
  return isSuspect(starts) ? 1 : limits.watchedDeliveries;
}

/** It travels alone, with those behind it in its key, and a consumer tries it beside nothing else. */
export function isSuspect(starts: number): boolean {
  return starts >= limits.startsUnsuspected;
}

/** It was begun alone so often, and whoever did it died, that it is not tried again. */
export function isPoison(starts: number): boolean {
  return starts >= limits.startsUnsuspected + limits.poisonStarts;
}
