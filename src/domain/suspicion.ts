import { limits } from "../platform/limits.ts";

/**
 * Number of deliveries in a task, by the number of beginnings without a result. Any delivery of a task may have killed
 * its consumer, so suspects are narrowed down in ever smaller tasks.
 */
export function companyOf(starts: number): number {
  if (starts === 0) return limits.packDeliveries;
  return isSuspect(starts) ? 1 : limits.watchedDeliveries;
}

/**
 * True for a suspect: it travels alone, with the later deliveries of its key, and its consumer tries nothing beside
 * it.
 */
export function isSuspect(starts: number): boolean {
  return starts >= limits.startsUnsuspected;
}

/** True for poison: it was begun alone repeatedly, killed its consumer each time, and is not tried again. */
export function isPoison(starts: number): boolean {
  return starts >= limits.startsUnsuspected + limits.poisonStarts;
}
