/**
 * How long a test waits for a condition, in milliseconds. No healthy run comes near it, however busy the machine: it
 * ends a wait for what will never be, and says which one.
 */
export const PATIENCE_MS = 5 * 60_000;

/** Patience for a whole test or hook, which may hold several waits. */
export const TEST_PATIENCE_MS = 15 * 60_000;

/** Settings of it for vitest, for each project. */
export const patience = {
  testTimeout: TEST_PATIENCE_MS,
  hookTimeout: TEST_PATIENCE_MS,
  expect: { poll: { timeout: PATIENCE_MS, interval: 25 } },
};
