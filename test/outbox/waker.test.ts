import { beforeEach, describe, expect, test } from "vitest";
import { createWake, type Flights } from "../../src/outbox/waker.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";

interface Call {
  tenantId: string;
  at: number;
  end: (error?: Error) => void;
}

let calls: Call[];
let flights: Flights;
let now: number;
let work: Promise<void>[];
let failures: string[];

beforeEach(() => {
  calls = [];
  flights = new Map();
  now = 1_000;
  work = [];
  failures = [];
});

/** As in a request of its own: several share the isolate's flights. */
const wake = (tenantId: string, at: number) =>
  createWake(flights, {
    call: (tenantId, at) =>
      new Promise((resolve, reject) => {
        calls.push({ tenantId, at, end: (error) => (error ? reject(error) : resolve()) });
      }),
    keepAlive: (promise) => void work.push(promise),
    clock: { ...systemClock, now: () => now },
    log: (event) => void failures.push(event),
  })(tenantId, at);

const callsMade = () => calls.map(({ tenantId, at }) => [tenantId, at]);

describe("waking the relay", () => {
  test("many commits at once make one call, and one more after it, for the earliest of them", async () => {
    wake("a", 10);
    wake("a", 30);
    wake("a", 20);
    wake("a", 40);
    expect(callsMade()).toEqual([["a", 10]]);
    calls[0]?.end();
    await expect.poll(callsMade).toEqual([
      ["a", 10],
      ["a", 20],
    ]);
    calls[1]?.end();
    await Promise.all(work);
    expect(calls).toHaveLength(2);
    expect(flights.size).toBe(0);
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
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.end();
    await Promise.all(work);
    expect(failures).toEqual(["relay.wake_failed"]);
  });

  test("a call whose request was cut off does not silence the isolate: after some seconds it no longer counts", async () => {
    wake("a", 1);
    now += limits.wakeGiveUpMs - 1;
    wake("a", 2);
    expect(calls).toHaveLength(1);
    now += 1;
    wake("a", 3);
    expect(callsMade()).toEqual([
      ["a", 1],
      ["a", 3],
    ]);
    // The lost one coming back after all does not get in the way of the one that took over.
    calls[0]?.end();
    await work[0];
    wake("a", 4);
    expect(calls).toHaveLength(2);
    calls[1]?.end();
    await expect.poll(() => calls.length).toBe(3);
  });
});
