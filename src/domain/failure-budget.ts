import type { ChannelName } from "./states.ts";

/**
 * True if failures alone disable an endpoint of this channel. A handler fails by the app, and an e-mail by the account of all
 * tenants: what waits for them goes on by itself once that is repaired.
 */
export function isDisabledByFailures(channel: ChannelName): boolean {
  return channel === "webhook";
}

/** Share of the time that an endpoint may fail before it is disabled, in percent; 0 while it does not fail. */
export function budgetUsed(
  { failingSince }: { failingSince: number | null },
  now: number,
  disableAfterMs: number,
): number {
  return failingSince === null ? 0 : (100 * (now - failingSince)) / disableAfterMs;
}

/** Failure budget of an endpoint that fails, for an answer: the share that is used, in whole percent, and the end of it. */
export function failureBudget(failingSince: number, disableAfterMs: number, now: number) {
  const used = Math.floor(budgetUsed({ failingSince }, now, disableAfterMs));
  return { usedPercent: Math.min(Math.max(used, 0), 100), endsAt: failingSince + disableAfterMs };
}
