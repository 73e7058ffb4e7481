import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";

/**
 * Asks a tenant's relay to look at its deliveries at an instant (milliseconds). A hint: it returns at once,
 * never throws, and may be lost.
 */
export type Wake = (tenantId: string, at: number) => void;

interface WakerTools {
  /** Reaches the tenant's relay. */
  call: (tenantId: string, at: number) => Promise<void>;
  /** Keeps the request alive until the work is through: `ctx.waitUntil`, which ends after 30 seconds. */
  keepAlive: (work: Promise<void>) => void;
  clock: Clock;
  log: Log;
}

/** A call under way. */
interface Flight {
  calledAt: number;
  /** Commits came meanwhile: one more call follows, for the earliest of them. */
  next: { at: number } | undefined;
}

/** The calls under way from this isolate, by tenant. */
export type Flights = Map<string, Flight>;

/**
 * Many commits of one tenant at once need one wake and one more after it, not one each. A request makes calls for
 * others no longer than it may live. It may be cut off meanwhile: a call is trusted for a second, and the first of
 * those who rely on it looks after that whether theirs was made.
 */
export function createWake(flights: Flights, tools: WakerTools): Wake {
  return (tenantId, at) => {
    const flight = flights.get(tenantId);
    const trusted = flight && tools.clock.now() - flight.calledAt < limits.wakeTrustedMs;
    if (!trusted) return tools.keepAlive(takeOver(flights, tools, tenantId, at));
    if (flight.next) {
      flight.next.at = Math.min(flight.next.at, at);
    } else {
      flight.next = { at };
      tools.keepAlive(watch(flights, tools, tenantId, flight));
    }
  };
}

/** Unless the next call has been made by then, the request that asked for it makes it. */
async function watch(flights: Flights, tools: WakerTools, tenantId: string, flight: Flight): Promise<void> {
  await tools.clock.sleep(limits.wakeTrustedMs);
  if (flight.next) await takeOver(flights, tools, tenantId, flight.next.at);
}

/** Calls for those too who rely on a call that is not trusted any more. */
async function takeOver(flights: Flights, tools: WakerTools, tenantId: string, at: number): Promise<void> {
  const given = flights.get(tenantId);
  const firstAt = Math.min(at, given?.next?.at ?? at);
  if (given) given.next = undefined;
  await fly(flights, tools, tenantId, firstAt);
}

async function fly(flights: Flights, tools: WakerTools, tenantId: string, firstAt: number): Promise<void> {
  const endsAt = tools.clock.now() + limits.flightMs;
  for (let at = firstAt, isLast = false; ; isLast = tools.clock.now() >= endsAt) {
    const flight: Flight = { calledAt: tools.clock.now(), next: undefined };
    // Nobody relies on the last one: the next commit calls by itself.
    if (isLast) flights.delete(tenantId);
    else flights.set(tenantId, flight);
    await callOnce(tools, tenantId, at);
    if (flights.get(tenantId) === flight && !flight.next) flights.delete(tenantId);
    if (!flight.next) return;
    at = flight.next.at;
    flight.next = undefined;
  }
}

async function callOnce(tools: WakerTools, tenantId: string, at: number): Promise<void> {
  try {
    await within(tools.clock, limits.wakeAnswerMs, tools.call(tenantId, at));
  } catch (error) {
    tools.log("relay.wake_failed", { tenant: tenantId, error: describeError(error) });
  }
}
