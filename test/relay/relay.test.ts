import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { wake } from "../../src/relay/relay.ts";

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

  test("does not trust an alarm that should have gone off a minute ago", async () => {
    const edge = NOW - limits.staleAlarmMs;
    expect(await alarmAfterWake(edge + 1, NOW)).toEqual({ at: edge + 1, sets: 0 });
    expect(await alarmAfterWake(edge, NOW)).toEqual({ at: NOW + 1, sets: 1 });
  });
});
