import { describe, expect, test } from "vitest";
import type { ChannelName } from "../../src/domain/states.ts";
import { limits } from "../../src/platform/limits.ts";
import { nextAlarmAt, planRound, roomFor, type Scheduled } from "../../src/relay/plan-round.ts";
import { Share } from "../../src/relay/share.ts";
import { Windows } from "../../src/relay/windows.ts";

const NOW = 1_000;
const unpaced = {
  held_until: null,
  probe_until: null,
  holds: 0,
  rate_limit: null,
  paced_to: null,
  max_concurrency: null,
};
const row = (endpoint_id: string, due_at: number, state: "enabled" | "disabled" | "deleted" = "enabled") => {
  return {
    endpoint_id,
    channel: "webhook" as const,
    url: `https://${endpoint_id}.example.com/`,
    state,
    due_at,
    holds_keys: 0 as const,
    in_flight: 0,
    lease_ends_at: null,
    window: new Windows({ unseenMs: 0 }).of(endpoint_id),
    ...unpaced,
  };
};
const none = {
  stalled: new Set<string>(),
  served: new Set<string>(),
  refusing: new Set<ChannelName>(),
  share: new Share(limits.shareMs.to).at(NOW),
};
const nextAlarm = (schedule: Scheduled[], refusing: ChannelName[] = []) =>
  nextAlarmAt(schedule, { ...none, refusing: new Set(refusing) }, NOW);

describe("a round", () => {
  test("lets an endpoint with room for one pack have more beside what is under way", () => {
    const windows = new Windows();
    for (let n = 0; n < 3; n++)
      windows.learn({ endpointId: "slow", meanMs: 9_000, deliveries: 1, isBraking: true });
    const slow = { ...row("slow", NOW), window: windows.of("slow"), in_flight: 1 };
    expect(roomFor(slow, NOW)).toBe(limits.concurrentSends - 1);
    expect(nextAlarm([{ ...slow, due_at: NOW + 7, lease_ends_at: NOW + 99 }])).toBe(NOW + 7);
    expect(roomFor({ ...slow, in_flight: limits.concurrentSends }, NOW)).toBe(0);
  });

  test("looks soon at a full endpoint that asks to be spared, as the wake of a settling may be lost", () => {
    const windows = new Windows({ unseenMs: 0 });
    windows.spare("a", 1);
    const leaseEndsAt = NOW + 60_000;
    const full = { ...row("a", 0), window: windows.of("a"), in_flight: 1, lease_ends_at: leaseEndsAt };
    expect(nextAlarm([full])).toBe(NOW + limits.sparedLookMs);
    expect(nextAlarm([{ ...full, due_at: NOW + 20_000 }])).toBe(NOW + 20_000);
    expect(nextAlarm([{ ...full, due_at: leaseEndsAt }])).toBe(leaseEndsAt);
    const { window } = row("b", 0);
    const unspared = { ...full, window, in_flight: window.inFlight };
    expect(nextAlarm([unspared])).toBe(leaseEndsAt);
  });

  test("claims from the endpoints where something is due", () => {
    const schedule = [row("a", NOW), row("b", NOW + 1), row("c", 0)];
    expect(planRound(schedule, none, NOW)?.claim.map((r) => r.endpoint_id)).toEqual(["a", "c"]);
  });

  test("is none when nothing is due", () => {
    expect(planRound([row("a", NOW + 1), row("b", 0, "disabled")], none, NOW)).toBeUndefined();
  });

  test("moves behind where the last round could claim nothing, and cancels for deleted endpoints", () => {
    const schedule = [row("a", NOW), row("b", NOW), row("c", NOW + 9, "deleted")];
    expect(planRound(schedule, { ...none, stalled: new Set(["b"]) }, NOW)).toMatchObject({
      claim: [{ endpoint_id: "a" }],
      moveBehind: [{ endpoint_id: "b" }],
      cancel: [{ endpoint_id: "c" }],
    });
  });

  test("leaves out an endpoint that has as much in flight as it may", () => {
    const full = { ...row("a", NOW), in_flight: limits.inFlightPerEndpoint };
    const nearly = { ...row("b", NOW), in_flight: limits.inFlightPerEndpoint - limits.packDeliveries - 7 };
    const nearlyFull = { ...nearly, in_flight: limits.inFlightPerEndpoint - limits.packDeliveries + 1 };
    expect(planRound([full, nearly], none, NOW)?.claim).toEqual([nearly]);
    expect(roomFor(nearly, NOW)).toBe(limits.packDeliveries);
    expect(planRound([full, nearlyFull], none, NOW)).toBeUndefined();
  });

  test("gives a host no more than it may have in flight, however many endpoints lead there", () => {
    const at = (id: string, port: string, inFlight = 0) => {
      return { ...row(id, NOW), url: `https://Busy.example.com${port}/${id}`, in_flight: inFlight };
    };
    const many = Array.from({ length: 9 }, (_, n) => at(`e${n}`, n % 2 ? "" : ":8443"));
    const round = planRound([...many, row("other", NOW)], none, NOW);
    const room = many.map(({ endpoint_id }) => round?.room.get(endpoint_id));
    expect(room).toEqual([160, 160, 160, 0, 0, 0, 0, 0, 0]);
    expect(round?.claim.map((one) => one.endpoint_id)).toEqual(["e0", "e1", "e2", "other"]);

    // 81 are counted where there is no room for a pack: it may be 160.
    const full = [at("f1", "", 81), at("f2", "", 81)].map((one) => ({
      ...one,
      due_at: NOW + 99,
      lease_ends_at: 5000,
    }));
    const later = planRound([...full, at("a", ""), at("b", "", 7)], none, NOW);
    expect(later?.claim.map((one) => one.endpoint_id)).toEqual(["a"]);
    expect(later?.room.get("a")).toBe(80);
  });

  test("gives the room of a host to an endpoint that has nothing under way there, before one with a backlog", () => {
    const url = "https://slow.example.com/";
    const slow = [80, 160, 160].map((in_flight, n) => ({ ...row(`slow${n}`, NOW - 9999), url, in_flight }));
    const fresh = { ...row("fresh", NOW), url };
    const round = planRound([...slow, fresh], none, NOW);
    expect(round?.claim.map((one) => one.endpoint_id)).toEqual(["fresh"]);
    expect(round?.room.get("fresh")).toBe(80);
  });

  test("leaves out an endpoint whose breaker is open, and tries one delivery of it afterwards", () => {
    const held = { ...row("a", 0), held_until: NOW + 1 };
    expect(planRound([held], none, NOW)).toBeUndefined();
    expect(planRound([held], none, NOW + 1)?.claim).toEqual([held]);
    expect(roomFor(held, NOW + 1)).toBe(1);
    expect(planRound([{ ...held, probe_until: NOW + 9 }], none, NOW + 1)).toBeUndefined();
    expect(planRound([{ ...held, probe_until: NOW + 9, in_flight: 1 }], none, NOW + 9)?.claim).toHaveLength(
      1,
    );
  });

  test("takes of an endpoint with a rate limit a second's worth, once in a drain", () => {
    const paced = { ...row("a", 0), rate_limit: 20, paced_to: NOW - 500 };
    expect(roomFor(paced, NOW)).toBe(10);
    expect(roomFor({ ...paced, paced_to: null }, 1e9)).toBe(40);
    expect(roomFor({ ...paced, paced_to: NOW }, NOW)).toBe(0);
    expect(planRound([paced], none, NOW)?.claim).toEqual([paced]);
    expect(planRound([paced], { ...none, served: new Set(["a"]) }, NOW)).toBeUndefined();
  });

  test("does not let the backlogs of deleted endpoints keep others from their turn", () => {
    const deleted = Array.from({ length: 2 * limits.endpointsPerRound }, (_, n) =>
      row(`d${n}`, 0, "deleted"),
    );
    expect(planRound([...deleted, row("a", NOW)], none, NOW)).toMatchObject({
      claim: [{ endpoint_id: "a" }],
    });
    expect(planRound(deleted, none, NOW)?.cancel).toHaveLength(limits.endpointsPerRound);
  });

  test("lets keys go where the order is not strict any more, and serves the endpoint all the same", () => {
    const releasing = { ...row("a", NOW), holds_keys: 1 as const };
    expect(planRound([releasing], none, NOW)).toMatchObject({ claim: [releasing], release: [releasing] });
    const waiting = { ...row("b", 0, "disabled"), due_at: null, holds_keys: 1 as const };
    expect(planRound([waiting], none, NOW)).toMatchObject({ claim: [], moveBehind: [], release: [waiting] });
    expect(nextAlarm([waiting])).toBe(0);
  });

  test("leaves out the endpoints of a channel whose queue took nothing; they are looked at a little later", () => {
    const email = { ...row("b", 0), channel: "email" as const };
    const refusing = new Set<ChannelName>(["webhook"]);
    expect(planRound([row("a", 0), email], { ...none, refusing }, NOW)?.claim).toEqual([email]);
    expect(nextAlarm([row("a", 0)], ["webhook"])).toBe(NOW + limits.relayBackoffMs);
    expect(nextAlarm([row("a", 1e9)], ["webhook"])).toBe(NOW + limits.relayBackoffMs);
    expect(nextAlarm([row("a", 0), email], ["webhook"])).toBe(0);
  });

  test("concerns so many endpoints, and no more", () => {
    const schedule = Array.from({ length: limits.endpointsPerRound + 1 }, (_, n) => row(`ep_${n}`, 0));
    expect(planRound(schedule, none, NOW)?.claim).toHaveLength(limits.endpointsPerRound);
  });
});

describe("the next alarm", () => {
  test("is for the earliest that is due; deleted endpoints at once; disabled ones never", () => {
    expect(nextAlarm([])).toBeUndefined();
    expect(nextAlarm([row("a", 5, "disabled")])).toBeUndefined();
    expect(nextAlarm([row("a", 5), row("b", 3)])).toBe(3);
    expect(nextAlarm([row("a", 5), row("b", 9, "deleted")])).toBe(0);
    const full = { ...row("a", 5), in_flight: limits.inFlightPerEndpoint, lease_ends_at: 70 };
    expect(nextAlarm([full])).toBe(70);
  });

  test("is for when the breaker lets one try, and for when the rate limit has a second's worth", () => {
    expect(nextAlarm([{ ...row("a", 5), held_until: 90 }])).toBe(90);
    expect(nextAlarm([{ ...row("a", 5), held_until: 90, probe_until: 150, in_flight: 1 }])).toBe(150);
    expect(nextAlarm([{ ...row("a", 5), rate_limit: 20, paced_to: 300 }])).toBe(1_300);
    expect(nextAlarm([{ ...row("a", 5), rate_limit: 0.1, paced_to: 300 }])).toBe(10_300);
  });
});
