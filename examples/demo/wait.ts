import { setTimeout as sleep } from "node:timers/promises";

const DEADLINE_MS = 20_000;
const POLL_MS = 25;

/** Looks until there is something to see. */
export async function waitFor<T>(
  what: string,
  stopping: AbortSignal,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endsAt = Date.now() + DEADLINE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > endsAt) throw new Error(`Waited ${DEADLINE_MS / 1000} s in vain for ${what}.`);
    await sleep(POLL_MS, undefined, { signal: stopping });
  }
}
