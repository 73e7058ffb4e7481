/** Mark of a row whose resealing failed, in place of its key's name. Sorts by time, and before all names of keys. */
export function resealMark(instant: number): string {
  return `!${new Date(instant).toISOString()}`;
}

/**
 * SQL: conditions of what is sealed under other keys than `?1`, each a stretch of an index on `sealed_by`: what failed to open
 * before `?2`, and what is under another name.
 */
export const UNDER_OTHER_KEYS = [
  "sealed_by >= '!' AND sealed_by < ?2",
  // After every mark, and before every name of a key.
  "sealed_by >= '-' AND sealed_by < ?1",
  "sealed_by > ?1",
];
