import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";

/**
 * Asks a tenant's relay to look at its deliveries at an instant (milliseconds). A hint: it returns at once,
 * never throws, and may be lost.
 */
export type Wake = (tenantId: string, at: number) => void;

export interface WakerTools {
  /** Reaches the tenant's relay. */
  call: (tenantId: string, at: number) => Promise<void>;
  /** Keeps the isolate alive until the call is through: `ctx.waitUntil`. */
  keepAlive: (work: Promise<void>) => void;
  clock: Clock;
  log: Log;
}

interface Flight {
  startedAt: number;
  /** A commit came while the call was under way: one more call follows, for this instant. */
  nextAt: number | undefined;
}

/** The calls under way from this isolate, by tenant. */
export type Flights = Map<string, Flight>;

/**
 * Many commits of one tenant at once need one wake and one more after it, not one each.
 * The call under way may belong to a request that has been cut off, so it counts only for some seconds.
 */
export function createWake(flights: Flights, tools: WakerTools): Wake {
  return (tenantId, at) => {
    const flight = flights.get(tenantId);
    if (flight && tools.clock.now() - flight.startedAt < limits.wakeGiveUpMs) {
      flight.nextAt = Math.min(flight.nextAt ?? at, at);
      return;
    }
    tools.keepAlive(fly(flights, tools, tenantId, at));
  };
}

async function fly(flights: Flights, tools: WakerTools, tenantId: string, firstAt: number): Promise<void> {
  for (let at: number | undefined = firstAt; at !== undefined; ) {
    const flight: Flight = { startedAt: tools.clock.now(), nextAt: undefined };
    flights.set(tenantId, flight);
    try {
      await tools.call(tenantId, at);
    } catch (error) {
      tools.log("relay.wake_failed", { tenant: tenantId, error: describeError(error) });
    }
    if (flights.get(tenantId) !== flight) return;
    flights.delete(tenantId);
    at = flight.nextAt;
  }
}
