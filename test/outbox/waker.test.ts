import { beforeEach, describe, expect, test } from "vitest";
import { createWake, type WakesInFlight } from "../../src/outbox/waker.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";

interface Call {
  tenantId: string;
  at: number;
  calledAt: number;
  end: (error?: Error) => void;
}

let calls: Call[];
let wakesInFlight: WakesInFlight;
let now: number;
let timers: { at: number; act: () => void }[];
let work: Promise<void>[];
let failures: string[];
/** How long a call takes; undefined: until the test ends it. */
let callMs: number | undefined;

beforeEach(() => {
  calls = [];
  wakesInFlight = new Map();
  now = 1_000;
  timers = [];
  work = [];
  failures = [];
  callMs = undefined;
});

const after = (ms: number, act: () => void) => {
  const timer = { at: now + ms, act };
  timers.push(timer);
  return () => {
    timers = timers.filter((one) => one !== timer);
  };
};

const clock: Clock = {
  now: () => now,
  timeout: () => new AbortController().signal,
  sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
  after,
};

/** Lets what is to happen until then happen, one thing after another. */
async function advance(ms: number): Promise<void> {
  const until = now + ms;
  for (;;) {
    await settled();
    const next = timers.toSorted((a, b) => a.at - b.at)[0];
    if (!next || next.at > until) break;
    timers = timers.filter((one) => one !== next);
    now = next.at;
    next.act();
  }
  now = until;
}

/** Whatever waits for nothing but itself is through. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** As in a request of its own: several share the isolate's wakes in flight. One that is cut off does nothing more. */
function wake(tenantId: string, at: number, request = { cutOff: false }) {
  const alive = <T>(value: T) => (request.cutOff ? new Promise<T>(() => {}) : value);
  createWake(wakesInFlight, {
    call: async (tenantId, at) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      calls.push({ tenantId, at, calledAt: now, end: (error) => (error ? reject(error) : resolve()) });
      if (callMs !== undefined) after(callMs, resolve);
      await promise;
      await alive(undefined);
    },
    keepAlive: (promise) => void work.push(promise),
    clock: {
      ...clock,
      sleep: async (ms) => {
        await clock.sleep(ms);
        await alive(undefined);
      },
      after: (ms, act) => clock.after(ms, () => !request.cutOff && act()),
    },
    log: (event) => void failures.push(event),
  })(tenantId, at);
}

const callsMade = () => calls.map(({ tenantId, at }) => [tenantId, at]);

describe("waking the relay", () => {
  test("many commits at once make one call, and one more after it, for the earliest of them", async () => {
    wake("a", 10);
    wake("a", 30);
    wake("a", 20);
    wake("a", 40);
    expect(callsMade()).toEqual([["a", 10]]);
    calls[0]?.end();
    await settled();
    expect(calls).toHaveLength(1);
    wake("a", 15);
    await advance(limits.wakeGapMs);
    expect(callsMade()).toEqual([
      ["a", 10],
      ["a", 15],
    ]);
    calls[1]?.end();
    await advance(10_000);
    await Promise.all(work);
    expect(calls).toHaveLength(2);
    expect(wakesInFlight.size).toBe(0);
    expect(timers).toEqual([]);
  });

  test("a single commit that comes during a call is followed up at once: it waits for no others", async () => {
    wake("a", 10);
    wake("a", 20);
    calls[0]?.end();
    await settled();
    expect(callsMade()).toEqual([
      ["a", 10],
      ["a", 20],
    ]);
  });

  test("tenants do not wait for each other", () => {
    wake("a", 1);
    wake("b", 2);
    expect(callsMade()).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  test("a call that fails is logged, hurts nobody, and the next one follows all the same", async () => {
    wake("a", 1);
    wake("a", 2);
    calls[0]?.end(new Error("no such object"));
    await settled();
    expect(calls).toHaveLength(2);
    calls[1]?.end();
    await advance(10_000);
    await Promise.all(work);
    expect(failures).toEqual(["relay.wake_failed"]);
  });

  test("a call that does not answer is given up on, and its request is not kept for ever", async () => {
    wake("a", 1);
    await advance(limits.wakeAnswerMs);
    await Promise.all(work);
    expect(failures).toEqual(["relay.wake_failed"]);
    expect(wakesInFlight.size).toBe(0);
  });
});

/*
 * Setup: commits of one tenant come faster than its relay answers.
 * Timeline: they come for a minute, in requests that are cut off after half a minute.
 * What this proves: there is always somebody who calls for them, soon, and no request lives on other requests' calls.
 */
test.each([20, 150, 900])(
  "under load each commit's relay is called within a second or so, with calls of %i ms",
  async (ms) => {
    callMs = ms;
    const begunAt: number[] = [];
    const lasted: number[] = [];
    for (let n = 0; n < 1200; n++) {
      const before = work.length;
      const startedAt = now;
      wake("a", now);
      begunAt.push(now);
      for (const one of work.slice(before)) void one.then(() => lasted.push(now - startedAt));
      await advance(50);
    }
    await advance(60_000);
    for (const at of begunAt) {
      const first = calls.find(({ calledAt }) => calledAt >= at);
      expect((first?.calledAt ?? Number.POSITIVE_INFINITY) - at).toBeLessThanOrEqual(limits.wakeTrustedMs);
    }
    expect(lasted).toHaveLength(work.length);
    expect(Math.max(...lasted)).toBeLessThan(limits.waitUntilMs / 2);
    expect(calls.length).toBeLessThan(1 + 120_000 / ms);
  },
);

describe("a request that is cut off while it calls", () => {
  test("is noticed by who relies on it, though no further commit comes", async () => {
    const first = { cutOff: false };
    wake("a", 1, first);
    await advance(10);
    wake("a", 2);
    wake("a", 3);
    first.cutOff = true;
    calls[0]?.end();
    await advance(limits.wakeTrustedMs);
    expect(callsMade()).toEqual([
      ["a", 1],
      ["a", 2],
    ]);
    calls[1]?.end();
    await advance(10_000);
    expect(calls).toHaveLength(2);
    expect(wakesInFlight.size).toBe(0);
  });

  test("does not silence the isolate: after a second the next commit calls by itself, for the others too", async () => {
    const first = { cutOff: false };
    const second = { cutOff: false };
    wake("a", 5, first);
    wake("a", 2, second);
    first.cutOff = true;
    second.cutOff = true;
    await advance(limits.wakeTrustedMs - 1);
    wake("a", 4);
    expect(calls).toHaveLength(1);
    await advance(1);
    wake("a", 3);
    expect(callsMade()).toEqual([
      ["a", 5],
      ["a", 2],
    ]);
  });

  test("and comes back after all does not get in the way of the one that took over", async () => {
    wake("a", 1);
    await advance(limits.wakeTrustedMs);
    wake("a", 2);
    calls[0]?.end();
    await settled();
    wake("a", 3);
    expect(calls).toHaveLength(2);
    calls[1]?.end();
    await settled();
    expect(callsMade()[2]).toEqual(["a", 3]);
  });
});
