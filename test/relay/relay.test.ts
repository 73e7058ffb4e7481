import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { onAlarm, onWake, wake } from "../../src/relay/relay.ts";
import { Windows } from "../../src/relay/windows.ts";
import { World } from "../support/world.ts";

const NOW = 1_000_000;
const clock = { ...systemClock, now: () => NOW };

async function alarmAfterWake(
  standing: number | null,
  at: number,
): Promise<{ at: number | null; sets: number }> {
  let alarm = standing;
  let sets = 0;
  const setAlarm = async (at: number) => {
    alarm = at;
    sets++;
  };
  await wake({ getAlarm: async () => alarm, setAlarm }, clock, at);
  return { at: alarm, sets };
}

describe("a wake", () => {
  test("sets the alarm when none stands", async () => {
    expect(await alarmAfterWake(null, NOW + 500)).toEqual({ at: NOW + 500, sets: 1 });
  });

  test("never sets it for this very millisecond, nor for the past", async () => {
    expect(await alarmAfterWake(null, NOW)).toEqual({ at: NOW + 1, sets: 1 });
    expect(await alarmAfterWake(null, 0)).toEqual({ at: NOW + 1, sets: 1 });
  });

  test("brings a later alarm forward, and writes nothing when an earlier one stands", async () => {
    expect(await alarmAfterWake(NOW + 900, NOW + 500)).toEqual({ at: NOW + 500, sets: 1 });
    expect(await alarmAfterWake(NOW + 100, NOW + 500)).toEqual({ at: NOW + 100, sets: 0 });
    expect(await alarmAfterWake(NOW + 1, NOW)).toEqual({ at: NOW + 1, sets: 0 });
  });

  test("by commits waits a little after a drain that could claim nothing; by a consumer that ends a task it does not", async () => {
    const seen = { endpointId: "e", meanMs: 20, deliveries: 1, isBraking: false };
    const windows = new Windows();
    const setFor: number[] = [];
    const alarm = { getAlarm: async () => null, setAlarm: async (at: number) => void setFor.push(at) };
    const wakeNow = (...observed: (typeof seen)[]) =>
      onWake(alarm, clock, windows, { at: NOW, seen: observed });
    windows.drained(0, NOW - 10);
    await wakeNow();
    await wakeNow(seen);
    windows.drained(3, NOW);
    await wakeNow();
    expect(setFor).toEqual([NOW - 10 + limits.quietMs, NOW + 1, NOW + 1]);
  });

  test("is for a little after now, whenever the standing alarm is known", async () => {
    let now = NOW;
    let setFor = 0;
    const slow = {
      getAlarm: async () => {
        now += 40;
        return null;
      },
      setAlarm: async (at: number) => {
        setFor = at;
      },
    };
    await wake(slow, { ...systemClock, now: () => now }, NOW);
    expect(setFor).toBe(NOW + 41);
  });

  test("does not trust an alarm that should have gone off a minute ago", async () => {
    const edge = NOW - limits.staleAlarmMs;
    expect(await alarmAfterWake(edge + 1, NOW)).toEqual({ at: edge + 1, sets: 0 });
    expect(await alarmAfterWake(edge, NOW)).toEqual({ at: NOW + 1, sets: 1 });
  });
});

test("an alarm sets the next one for some way ahead: nearer, it might stall", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1)] });
  // So much time passes that what it has claimed is due again at the end.
  let now = world.now;
  const advance = () => {
    now += limits.drainMs;
    return now;
  };
  const clock = { ...world.clock, now: () => advance() };
  let setFor = 0;
  const alarm = {
    getAlarm: async () => null,
    setAlarm: async (at: number) => {
      setFor = at;
    },
  };
  const sendTasks = async () => {};
  const { db, random } = world.registryTools();
  await onAlarm(alarm, { db, random, clock, log: world.log, leaseMs: 60_000, sendTasks }, tenant);
  expect(setFor).toBe(now + limits.nextAlarmAheadMs);
});
