import type { ChannelName } from "../domain/states.ts";
import { queriesFor } from "../outbox/effects.ts";
import { limits } from "../platform/limits.ts";
import type { Vault } from "../platform/vault.ts";
import type { AttemptTools, Destination } from "./attempt.ts";
import type { Ledger } from "./ledger.ts";
import type { LeasedRow } from "./rows.ts";
import type { SettleTools } from "./settle.ts";
import type { Slots } from "./slots.ts";
import type { Verdict } from "./verdict.ts";

export interface DeliveryTools extends AttemptTools, SettleTools {
  channelName: ChannelName;
  wake: (tenantId: string, at: number) => void;
  vault: Vault;
}

/** One invocation of the consumer: the tasks it was handed share its slots and its time. */
export interface Invocation {
  slots: Slots;
  /** The platform ends it after a quarter of an hour: nothing is begun that could run into that. */
  endsAt: number;
  /** The D1 queries it may still make. */
  queriesLeft: number;
  /** How many attempts were let out; and whether the platform lets out no more of them. */
  attempts: number;
  exhausted: boolean;
  /** Of its tasks that are under way. */
  ledgers: Set<Ledger>;
}

/** A task under way. */
export interface TaskRun extends Destination {
  invocation: Invocation;
  /** Its deliveries, by sequence number. */
  rows: ReadonlyMap<number, LeasedRow>;
  ledger: Ledger;
  /** The endpoint may be called, and outcomes can be written. Once false, nothing more is tried. */
  mayCall: boolean;
  tried: number;
  /** When the relay was last woken for what the outcomes have made room for. */
  wokenAt: number;
  /** When the last of its leases does. */
  leaseEndsAt: number;
}

/** Whether anything more may be tried. */
export function mayBegin({ mayCall, invocation }: TaskRun): boolean {
  return mayCall && !invocation.exhausted;
}

/** Whether D1 will take what comes of one more attempt. */
export function mayQuery({ channelName }: DeliveryTools, { queriesLeft }: Invocation): boolean {
  return queriesLeft >= queriesKept(channelName);
}

export function queriesKept(channelName: ChannelName): number {
  return channelName === "handler" ? limits.d1QueriesKeptForHandlers : limits.d1QueriesKept;
}

/** What waits to be written has set queries aside. */
export async function makeRoom({ ledgers }: Invocation): Promise<void> {
  await Promise.all([...ledgers].map((ledger) => ledger.flush()));
}

/**
 * What will be asked of D1 for what a handler gave to commit: twice, should it be refused at first. It waits for company,
 * and others go on meanwhile.
 */
export function queriesOf({ effects }: Verdict): number {
  return effects ? 2 * queriesFor(effects.planned) : 0;
}
