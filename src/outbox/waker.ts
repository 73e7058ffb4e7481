import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";

/**
 * Asks a tenant's relay to look at its deliveries at an instant (milliseconds). The call is a hint: it returns at once,
 * never throws, and may be lost.
 */
export type Wake = (tenantId: string, at: number) => void;

interface WakerTools {
  /** Reaches the tenant's relay. */
  call: (tenantId: string, at: number) => Promise<void>;
  /** Keeps the request alive until the work is done: `ctx.waitUntil`, which ends after 30 seconds. */
  keepAlive: (work: Promise<void>) => void;
  clock: Clock;
  log: Log;
}

/** A call under way. */
interface WakeInFlight {
  calledAt: number;
  /** Commits arrived meanwhile: another call follows, for the earliest of them. */
  next: { at: number } | undefined;
}

/** The calls under way from this isolate, by tenant. */
export type WakesInFlight = Map<string, WakeInFlight>;

/**
 * Many simultaneous commits of one tenant need one wake and another after it, not one each. A request makes calls for
 * others only for its lifetime. It may be cut off meanwhile, so a call is trusted for a second; then the first of the
 * requests that rely on it checks that theirs was made.
 */
export function createWake(wakesInFlight: WakesInFlight, tools: WakerTools): Wake {
  return (tenantId, at) => {
    const inFlight = wakesInFlight.get(tenantId);
    const trusted = inFlight && tools.clock.now() - inFlight.calledAt < limits.wakeTrustedMs;
    if (!trusted) return tools.keepAlive(takeOver(wakesInFlight, tools, tenantId, at));
    if (inFlight.next) {
      inFlight.next.at = Math.min(inFlight.next.at, at);
    } else {
      inFlight.next = { at };
      tools.keepAlive(watch(wakesInFlight, tools, tenantId, inFlight));
    }
  };
}

/** Makes the next call once the current one is no longer trusted, unless it was made meanwhile. */
async function watch(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  inFlight: WakeInFlight,
): Promise<void> {
  await tools.clock.sleep(limits.wakeTrustedMs);
  if (inFlight.next) await takeOver(wakesInFlight, tools, tenantId, inFlight.next.at);
}

/** Also calls for the requests that rely on a call that is no longer trusted. */
async function takeOver(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  at: number,
): Promise<void> {
  const given = wakesInFlight.get(tenantId);
  const firstAt = Math.min(at, given?.next?.at ?? at);
  if (given) given.next = undefined;
  await makeCalls(wakesInFlight, tools, tenantId, firstAt);
}

async function makeCalls(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  firstAt: number,
): Promise<void> {
  const endsAt = tools.clock.now() + limits.wakesForOthersMs;
  for (let at = firstAt, isLast = false; ; isLast = tools.clock.now() >= endsAt) {
    const inFlight: WakeInFlight = { calledAt: tools.clock.now(), next: undefined };
    // No request relies on the last call: the next commit calls by itself.
    if (isLast) wakesInFlight.delete(tenantId);
    else wakesInFlight.set(tenantId, inFlight);
    await callOnce(tools, tenantId, at);
    if (wakesInFlight.get(tenantId) === inFlight && !inFlight.next) wakesInFlight.delete(tenantId);
    if (!inFlight.next) return;
    at = inFlight.next.at;
    inFlight.next = undefined;
  }
}

async function callOnce(tools: WakerTools, tenantId: string, at: number): Promise<void> {
  try {
    await within(tools.clock, limits.wakeAnswerMs, tools.call(tenantId, at));
  } catch (error) {
    tools.log("relay.wake_failed", { tenant: tenantId, error: describeError(error) });
  }
}
