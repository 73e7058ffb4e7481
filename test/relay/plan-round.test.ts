import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { nextAlarmAt, planRound, roomFor } from "../../src/relay/plan-round.ts";

const NOW = 1_000;
const row = (endpoint_id: string, due_at: number, state: "enabled" | "disabled" | "deleted" = "enabled") => {
  return { endpoint_id, channel: "webhook" as const, state, due_at, in_flight: 0, later_at: null };
};
const none = new Set<string>();

describe("a round", () => {
  test("claims from the endpoints where something is due", () => {
    const schedule = [row("a", NOW), row("b", NOW + 1), row("c", 0)];
    expect(planRound(schedule, none, NOW)?.claim.map((r) => r.endpoint_id)).toEqual(["a", "c"]);
  });

  test("is none when nothing is due", () => {
    expect(planRound([row("a", NOW + 1), row("b", 0, "disabled")], none, NOW)).toBeUndefined();
  });

  test("parks where the last round could claim nothing, and cancels for deleted endpoints", () => {
    const schedule = [row("a", NOW), row("b", NOW), row("c", NOW + 9, "deleted")];
    expect(planRound(schedule, new Set(["b"]), NOW)).toMatchObject({
      claim: [{ endpoint_id: "a" }],
      park: [{ endpoint_id: "b" }],
      cancel: [{ endpoint_id: "c" }],
    });
  });

  test("leaves out an endpoint that has as much in flight as it may", () => {
    const full = { ...row("a", NOW), in_flight: limits.inFlightPerEndpoint };
    const nearly = { ...row("b", NOW), in_flight: limits.inFlightPerEndpoint - 7 };
    expect(planRound([full, nearly], none, NOW)?.claim).toEqual([nearly]);
    expect(roomFor(nearly)).toBe(7);
    expect(planRound([full], none, NOW)).toBeUndefined();
  });

  test("concerns so many endpoints, and no more", () => {
    const schedule = Array.from({ length: limits.endpointsPerRound + 1 }, (_, n) => row(`ep_${n}`, 0));
    expect(planRound(schedule, none, NOW)?.claim).toHaveLength(limits.endpointsPerRound);
  });
});

describe("the next alarm", () => {
  test("is for the earliest that is due; deleted endpoints at once; disabled ones never", () => {
    expect(nextAlarmAt([])).toBeUndefined();
    expect(nextAlarmAt([row("a", 5, "disabled")])).toBeUndefined();
    expect(nextAlarmAt([row("a", 5), row("b", 3)])).toBe(3);
    expect(nextAlarmAt([row("a", 5), row("b", 9, "deleted")])).toBe(0);
    const full = { ...row("a", 5), in_flight: limits.inFlightPerEndpoint, later_at: 70 };
    expect(nextAlarmAt([full])).toBe(70);
  });
});
