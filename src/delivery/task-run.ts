import type { Channel, SharedRequests } from "../channels/channel.ts";
import type { Leave } from "../domain/email-account.ts";
import type { Observation } from "../domain/observation.ts";
import type { ChannelName } from "../domain/states.ts";
import { queriesFor } from "../outbox/effects.ts";
import { limits } from "../platform/limits.ts";
import type { Vault } from "../platform/vault.ts";
import type { AttemptTools, Destination } from "./attempt.ts";
import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { LeasedRow } from "./rows.ts";
import type { SettleTools } from "./settle.ts";
import type { Slots } from "./slots.ts";
import type { Verdict } from "./verdict.ts";

export interface DeliveryTools extends AttemptTools, SettleTools {
  channelName: ChannelName;
  wake: (tenantId: string, at: number, seen?: Observation) => void;
  vault: Vault;
  /** Lets work go on when the invocation has handed in: `ctx.waitUntil`, which ends after 30 seconds. */
  keepAlive: (work: Promise<unknown>) => void;
}

/** Tools of the consumer of a queue, which holds tasks of many tenants. */
export interface ConsumerTools extends Omit<DeliveryTools, "channel"> {
  /** @throws if the settings of this tenant's channel are wrong */
  channelOf: (tenantId: string) => Channel;
}

/** An invocation of the consumer, whose tasks share its slots and its time. */
export interface Invocation {
  slots: Slots;
  /** Requests that its deliveries share. Undefined: none shares one so far. */
  batches: Requests | undefined;
  /** Instant after which no attempt is begun. */
  beginsUntil: number;
  /** Instant by which the last outcome is written: the platform ends an invocation after 15 minutes. */
  endsAt: number;
  /** Tasks that are being read. */
  reading: number;
  /** Attempts under way, and the instant at which one was last begun or ended. */
  underWay: number;
  movedAt: number;
  /** D1 queries it may still make. */
  queriesLeft: number;
  /** Number of attempts that the platform has let out. */
  attempts: number;
  /** True once the platform refuses further attempts. */
  exhausted: boolean;
  /** Ledgers of its tasks that are under way. */
  ledgers: Set<Ledger>;
}

/** Verdict on a delivery. Undefined: it is given back. Null: it is left alone, as another consumer has it in hand. */
export type Tried = Verdict | null | undefined;

type Requests = SharedRequests<Joining, Verdict | null>;

/** Requests of an invocation, for deliveries that share them. Undefined: those of the channel share none. */
export function requestsOf(invocation: Invocation, { batch }: Channel): Requests | undefined {
  invocation.batches ??= batch?.open() as Requests | undefined;
  return invocation.batches;
}

/** A delivery that is to share a request. */
export interface Joining {
  tools: DeliveryTools;
  run: TaskRun;
  row: LeasedRow;
  /** Sends it by itself, with the leave that it has, or one that it asks for. */
  alone: (tools: DeliveryTools, leave?: Leave) => Promise<Tried>;
}

/** A task under way. */
export interface TaskRun extends Destination {
  invocation: Invocation;
  /** Its deliveries, by sequence number. */
  rows: ReadonlyMap<number, LeasedRow>;
  ledger: Ledger;
  /** The endpoint may be called, and outcomes can be written. Once false, nothing more is tried. */
  mayCall: boolean;
  /** Number of attempts made. */
  tried: number;
  observer: Observer;
  /** Instant at which the relay was last woken for the room that settled deliveries have made. */
  wokenAt: number;
  /** Instant at which the last of its leases ends. */
  leaseEndsAt: number;
}

/** True if another delivery may be tried now. */
export function mayBegin({ mayCall, invocation }: TaskRun, now: number): boolean {
  return mayCall && !invocation.exhausted && now < invocation.beginsUntil;
}

/** Observation of the endpoint by a task so far: while it lasts it is of no deliveries. Undefined when nothing was tried. */
export function observationOf(
  { clock }: DeliveryTools,
  { observer, task, mayCall, tried }: TaskRun,
  isOver: boolean,
): Observation | undefined {
  if (!mayCall) observer.brake();
  return observer.observe(task.endpointId, isOver ? tried : 0, clock.now());
}

/** True if enough D1 queries are left for the outcome of another attempt. */
export function mayQuery({ channelName }: DeliveryTools, { queriesLeft }: Invocation): boolean {
  return queriesLeft >= queriesKept(channelName);
}

export function queriesKept(channelName: ChannelName): number {
  return channelName === "handler" ? limits.d1QueriesKeptForHandlers : limits.d1QueriesKept;
}

/** Writes the waiting verdicts, to release the queries that their effects have set aside. */
export async function makeRoom({ ledgers }: Invocation): Promise<void> {
  await Promise.all([...ledgers].map((ledger) => ledger.flush()));
}

/**
 * Queries to set aside for a verdict's effects until they are written: twice their number, in case D1 refuses them at
 * first.
 */
export function queriesOf({ effects }: Verdict): number {
  return effects ? 2 * queriesFor(effects.planned) : 0;
}
