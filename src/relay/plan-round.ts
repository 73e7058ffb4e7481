import { allowance, readyAt } from "../domain/pace.ts";
import type { ChannelName } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";
import { type ShareNow, shareAt, Taking } from "./share.ts";
import type { ScheduleRow } from "./statements.ts";
import { fullFrom, type Window } from "./window.ts";

/** An endpoint that the relay has something to do for, and the room that it has. */
export type Scheduled = ScheduleRow & { window: Window };

/** Work of one round of a drain, by endpoint. */
export interface Round {
  claim: Scheduled[];
  /** Most deliveries to claim, of each endpoint in `claim`. */
  room: ReadonlyMap<string, number>;
  /** The tenant's share of the consumers is used up, and endpoints wait for the end of its tasks. */
  isShort: boolean;
  /**
   * Endpoints where the last round claimed nothing, because their due deliveries are blocked by earlier ones of their
   * keys.
   */
  moveBehind: Scheduled[];
  /** Deleted endpoints, whose deliveries are cancelled. */
  cancel: Scheduled[];
  /** Endpoints that are no longer strict, whose dead deliveries release their keys. */
  release: Scheduled[];
}

/** Findings of a drain so far. */
interface Learnt {
  /** Endpoints where the last round claimed nothing. */
  stalled: ReadonlySet<string>;
  /** Endpoints that have had their turn. */
  served: ReadonlySet<string>;
  /** Channels whose queue took no task. */
  refusing: ReadonlySet<ChannelName>;
  /** Share of the consumers' time that the tenant has. */
  share: ShareNow;
}

/**
 * Chooses the endpoints that have waited longest. Paused and disabled ones are left alone: their deliveries wait for
 * the endpoint to be resumed or enabled, which wakes the relay; endpoints with an open breaker until its next probe.
 * Undefined when there is nothing to do now.
 */
export function planRound(schedule: readonly Scheduled[], learnt: Learnt, now: number): Round | undefined {
  const tidying = schedule.filter(isToBeTidied);
  const hosts = new Hosts(schedule);
  const taking = new Taking(learnt.share);
  const room = new Map<string, number>();
  const servable = schedule.filter((row) => isServable(row, now) && mayBeServed(row, learnt));
  // Endpoints with a backlog must not keep a shared host, or the tenant's share, from an endpoint with nothing in flight.
  for (const row of servable.toSorted((a, b) => a.in_flight - b.in_flight)) {
    const granted = hosts.take(row, taking.limit(row.window, roomFor(row, now)));
    taking.take(row.window, granted);
    room.set(row.endpoint_id, granted);
  }
  const due = new Set(servable.filter((row) => room.get(row.endpoint_id) !== 0));
  // A large backlog of deleted or key-releasing endpoints must not keep the others from their turn.
  const first = tidying.splice(0, limits.tidiedPerRound);
  const chosen = [...new Set([...first, ...due, ...tidying])].slice(0, limits.endpointsPerRound);
  if (chosen.length === 0) return undefined;
  const served = chosen.filter((row) => due.has(row));
  return {
    room,
    isShort: servable.some((row) => room.get(row.endpoint_id) === 0 && taking.isUsedUp(row.window)),
    claim: served.filter((row) => !learnt.stalled.has(row.endpoint_id)),
    moveBehind: served.filter((row) => learnt.stalled.has(row.endpoint_id)),
    cancel: chosen.filter((row) => row.state === "deleted"),
    release: chosen.filter((row) => row.holds_keys === 1),
  };
}

function isToBeTidied(row: Scheduled): boolean {
  return row.state === "deleted" || row.holds_keys === 1;
}

function mayBeServed(row: Scheduled, { served, refusing }: Learnt): boolean {
  return !served.has(row.endpoint_id) && !refusing.has(row.channel);
}

function isServable(row: Scheduled, now: number): boolean {
  const { state, due_at, held_until, probe_until } = row;
  const isHeld = held_until !== null && Math.max(held_until, probe_until ?? 0) > now;
  return state === "enabled" && due_at !== null && due_at <= now && !isHeld && roomFor(row, now) > 0;
}

/** Number of an endpoint's deliveries that may be claimed now. */
export function roomFor(row: Omit<Scheduled, "due_at">, now: number): number {
  return Math.min(freeSlots(row), allowance(row, now));
}

/**
 * Number of deliveries that may still be in flight: whole packs, because a claim after each single outcome would make
 * tasks of one delivery. After an open breaker one delivery at a time, until one succeeds.
 */
function freeSlots({ in_flight, held_until, window }: Omit<Scheduled, "due_at">): number {
  const spared = sparedSlots(window, in_flight);
  if (held_until !== null) return Math.min(1, spared);
  const free = Math.max(window.inFlight - in_flight, 0);
  return Math.min(free - (free % window.step), spared);
}

/** Each delivery in flight may be one that is being sent, and each new task sends several at once, but no more than it has. */
function sparedSlots({ atOnce, sends, pack }: Window, inFlight: number): number {
  const left = Math.max(atOnce - inFlight, 0);
  return left < sends ? left : Math.floor(left / sends) * pack;
}

/** Room of each host of webhooks, for all of the tenant's endpoints there. */
class Hosts {
  readonly #room = new Map<string, number>();

  constructor(schedule: readonly Scheduled[]) {
    for (const row of schedule) {
      const host = hostOf(row);
      if (host === undefined) continue;
      const room = this.#room.get(host) ?? limits.inFlightPerHost;
      this.#room.set(host, room - underWay(row));
    }
  }

  /** True if the endpoint's host has room for its claim, or for a pack of it. */
  hasRoom(row: Scheduled, wanted: number): boolean {
    return this.#roomAt(row) >= Math.min(Math.max(wanted, 1), row.window.step);
  }

  /** Takes the wanted room, or as many whole packs as there is room for. */
  take(row: Scheduled, wanted: number): number {
    const room = this.#roomAt(row);
    const granted = wanted <= room ? wanted : room - (room % row.window.step);
    const host = hostOf(row);
    if (host !== undefined) this.#room.set(host, room - granted);
    return granted;
  }

  #roomAt(row: Scheduled): number {
    const host = hostOf(row);
    const room = host === undefined ? Number.POSITIVE_INFINITY : (this.#room.get(host) ?? 0);
    return Math.max(room, 0);
  }
}

function hostOf({ url }: Scheduled): string | undefined {
  return url === null || !URL.canParse(url) ? undefined : new URL(url).hostname;
}

/** Counting stops once there is no room for a pack, so the endpoint may have the full number. */
function underWay({ in_flight, window }: Scheduled): number {
  const isFull = in_flight >= fullFrom(window);
  return isFull ? Math.max(window.inFlight, in_flight) : in_flight;
}

/** A settling wakes the relay earlier. The wake may be lost, and an endpoint that asks to be spared is full most of the time. */
function fullUntil({ lease_ends_at, window }: Scheduled, dueAt: number, now: number): number {
  const endsAt = lease_ends_at ?? dueAt;
  const isSpared = Number.isFinite(window.atOnce);
  return isSpared ? Math.min(endsAt, Math.max(dueAt, now + limits.sparedLookMs)) : endsAt;
}

/**
 * Instant of the relay's next look; undefined when nothing waits, so that an idle tenant costs nothing. An endpoint
 * with no room in flight is looked at when one of its leases ends; a settling wakes the relay earlier. Deliveries for a
 * queue that took no task are due again a while after `now`. So are deliveries without room at their host, because settling
 * at another endpoint wakes no relay for this one.
 */
export function nextAlarmAt(
  schedule: readonly Scheduled[],
  { refusing, share }: Pick<Learnt, "refusing" | "share">,
  now: number,
): number | undefined {
  const hosts = new Hosts(schedule);
  const lookAts = schedule.flatMap((row) => {
    if (isToBeTidied(row)) return [0];
    const { state, due_at, channel } = row;
    if (state !== "enabled" || due_at === null) return [];
    if (refusing.has(channel)) return [now + limits.relayBackoffMs];
    if (freeSlots(row) <= 0) return [fullUntil(row, due_at, now)];
    const at = shareAt(share, row.window, readyAt({ ...row, due_at }));
    return hosts.hasRoom(row, roomFor(row, now)) ? [at] : [Math.max(at, now + limits.hostLookMs)];
  });
  return lookAts.length > 0 ? Math.min(...lookAts) : undefined;
}
