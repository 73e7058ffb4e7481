import type { Observation } from "../domain/observation.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";

/**
 * Asks a tenant's relay to look at its deliveries at an instant (milliseconds). A hint: it returns at once,
 * never throws, and may be lost. `seen`: an observation of an endpoint, which goes along.
 */
export type Wake = (tenantId: string, at: number, seen?: Observation) => void;

interface WakerTools {
  /** Reaches the tenant's relay. */
  call: (tenantId: string, at: number, seen: readonly Observation[]) => Promise<void>;
  /** Keeps the request alive until the work is through: `ctx.waitUntil`, which ends after 30 seconds. */
  keepAlive: (work: Promise<void>) => void;
  clock: Clock;
  log: Log;
}

/** Words of one call. */
interface Hint {
  at: number;
  seen: readonly Observation[];
  /** Number of hints that it stands for. */
  count: number;
}

/** A call under way. */
interface WakeInFlight {
  calledAt: number;
  /** Commits came meanwhile: one more call follows, for all of them. */
  next: Hint | undefined;
}

/** The calls under way from this isolate, by tenant. */
export type WakesInFlight = Map<string, WakeInFlight>;

/**
 * Many commits of one tenant at once need one wake and one more after it, not one each. A request makes calls for
 * others no longer than it may live. It may be cut off meanwhile: a call is trusted for a second, and the first of
 * those who rely on it looks after that whether theirs was made.
 */
export function createWake(wakesInFlight: WakesInFlight, tools: WakerTools): Wake {
  return (tenantId, at, seen) => {
    const hint = { at, seen: seen ? [seen] : [], count: 1 };
    const inFlight = wakesInFlight.get(tenantId);
    const trusted = inFlight && tools.clock.now() - inFlight.calledAt < limits.wakeTrustedMs;
    if (!trusted) return tools.keepAlive(takeOver(wakesInFlight, tools, tenantId, hint));
    if (inFlight.next) {
      inFlight.next = both(inFlight.next, hint);
    } else {
      inFlight.next = hint;
      tools.keepAlive(watch(wakesInFlight, tools, tenantId, inFlight));
    }
  };
}

/** One hint for two: the earlier instant, and all that was seen. */
function both(one: Hint, other: Hint): Hint {
  return {
    at: Math.min(one.at, other.at),
    seen: [...one.seen, ...other.seen],
    count: one.count + other.count,
  };
}

/** Unless the next call has been made by then, the request that asked for it makes it. */
async function watch(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  inFlight: WakeInFlight,
): Promise<void> {
  await tools.clock.sleep(limits.wakeTrustedMs);
  if (inFlight.next) await takeOver(wakesInFlight, tools, tenantId, inFlight.next);
}

/** Calls for those too who rely on a call that is not trusted any more. */
async function takeOver(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  hint: Hint,
): Promise<void> {
  const given = wakesInFlight.get(tenantId);
  const next = given?.next;
  if (given) given.next = undefined;
  await makeCalls(wakesInFlight, tools, tenantId, next && next !== hint ? both(next, hint) : hint);
}

async function makeCalls(
  wakesInFlight: WakesInFlight,
  tools: WakerTools,
  tenantId: string,
  first: Hint,
): Promise<void> {
  const endsAt = tools.clock.now() + limits.wakesForOthersMs;
  for (let hint = first, isLast = false; ; isLast = tools.clock.now() >= endsAt) {
    const inFlight: WakeInFlight = { calledAt: tools.clock.now(), next: undefined };
    // Nobody relies on the last one: the next commit calls by itself.
    if (isLast) wakesInFlight.delete(tenantId);
    else wakesInFlight.set(tenantId, inFlight);
    await callOnce(tools, tenantId, hint);
    if (wakesInFlight.get(tenantId) === inFlight && !inFlight.next) wakesInFlight.delete(tenantId);
    if (!inFlight.next) return;
    if (inFlight.next.count > 1) await tools.clock.sleep(limits.wakeGapMs);
    // Another request may have taken it over meanwhile.
    if (!inFlight.next) return;
    hint = inFlight.next;
    inFlight.next = undefined;
  }
}

async function callOnce(tools: WakerTools, tenantId: string, { at, seen }: Hint): Promise<void> {
  try {
    await within(tools.clock, limits.wakeAnswerMs, tools.call(tenantId, at, seen));
  } catch (error) {
    tools.log("relay.wake_failed", { tenant: tenantId, error: describeError(error) });
  }
}
