import { newLeaseToken } from "../domain/ids.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Random } from "../platform/clock.ts";
import type { SendTasks } from "../relay/delivery-task.ts";
import type { Draft } from "./message.ts";

/** Means of a commit to hand its deliveries over by itself. */
export interface HandOver {
  leaseMs: number;
  /** Channels whose queue it can reach. */
  channels: readonly ChannelName[];
  sendTasks: SendTasks;
  /** Keeps the request alive until the work is through: `ctx.waitUntil`, which ends after 30 seconds. */
  keepAlive: (work: Promise<void>) => void;
}

/** Lease of the deliveries that a commit hands over by itself, as its statements read it. */
export interface CommitLease {
  token: string;
  ms: number;
  channels: readonly ChannelName[];
}

/**
 * Lease for a commit. Undefined where a later message of an ordering key might be leased without an earlier one: the earlier
 * is scheduled, or only one of them names its endpoints, and the two are fanned out by statements that do not see each other.
 */
export function newCommitLease(
  handOver: HandOver | undefined,
  drafts: readonly Draft[],
  { now, random }: { now: number; random: Random },
): CommitLease | undefined {
  if (!handOver || !mayLease(drafts, now)) return undefined;
  const { leaseMs: ms, channels } = handOver;
  return { token: newLeaseToken(random), ms, channels };
}

function mayLease(drafts: readonly Draft[], now: number): boolean {
  const keyed = drafts.filter(({ orderingKey }) => orderingKey !== null);
  if (keyed.some(({ deliverAt }) => (deliverAt ?? 0) > now)) return false;
  const keysOf = (isNamed: boolean) =>
    new Set(
      keyed
        .filter(({ endpointIds }) => (endpointIds !== null) === isNamed)
        .map(({ orderingKey }) => orderingKey),
    );
  return keysOf(true).isDisjointFrom(keysOf(false));
}
