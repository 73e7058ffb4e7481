import { describe, expect, test } from "vitest";
import { isTold, layOut, stopAfter } from "../../src/dashboard/browser/parts/timeline-layout.ts";
import type { DeliveryFacts } from "../../src/dashboard/browser/parts/timeline-marks.ts";

const COMMITTED = Date.parse("2026-11-23T12:00:00Z");
const at = (ms: number) => new Date(COMMITTED + ms).toISOString();

const UNTRIED: DeliveryFacts = {
  state: "pending",
  waitingFor: "relay",
  until: null,
  claimedAt: null,
  settledAt: null,
  retriesLeft: [],
  attempts: [],
};

/** A delivery whose attempts begin at these milliseconds after the commit, and take 30 ms each. */
function tried(starts: readonly number[], fields: Partial<DeliveryFacts> = {}): DeliveryFacts {
  const attempts = starts.map((start, n) => ({
    number: n + 1,
    startedAt: at(start),
    durationMs: 30,
    outcome: "retry",
  }));
  return { ...UNTRIED, waitingFor: "retry", attempts, ...fields };
}

function settled(start: number, state = "delivered"): DeliveryFacts {
  return tried([start], { state, waitingFor: null, retriesLeft: null, settledAt: at(start + 35) });
}

const messageOf = (...deliveries: DeliveryFacts[]) => ({
  committedAt: at(0),
  deliverAt: null as string | null,
  deliveries,
});

const marksOf = (drawing: ReturnType<typeof layOut>, lane = 0) => drawing.lanes[lane]?.marks ?? [];
const kindsOf = (drawing: ReturnType<typeof layOut>, lane = 0) =>
  marksOf(drawing, lane).map(({ kind }) => kind);

describe("a lane", () => {
  test("of a message that was delivered at once is a wait, a bar as wide as the attempt took, and the end", () => {
    const drawing = layOut(messageOf(settled(70)), COMMITTED + 60_000);
    expect(kindsOf(drawing)).toEqual(["wait", "attempt", "wait", "settled"]);
    const [wait, attempt, , end] = marksOf(drawing);
    expect(wait?.from).toBe(0);
    expect((attempt?.to ?? 0) - (attempt?.from ?? 0)).toBeCloseTo((30 / 105) * (end?.to ?? 0), 6);
    expect(end?.outcome).toBe("delivered");
    expect(drawing).toMatchObject({ now: undefined, isFar: false });
  });

  test("holds every attempt in order, and never runs backwards or over the edge", () => {
    const message = messageOf(
      tried([20, 5_051, 305_000], { until: at(2_105_000), retriesLeft: [7200, 18_000] }),
      settled(40, "dead"),
    );
    for (const isCompressed of [true, false, undefined]) {
      const { lanes } = layOut(message, COMMITTED + 400_000, isCompressed);
      for (const { marks } of lanes) {
        const places = marks.flatMap(({ from, to }) => [from, to]);
        expect(places).toEqual(places.toSorted((one, other) => one - other));
        expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...places)).toBeLessThanOrEqual(1);
      }
    }
  });

  test("shows the time until an instant of sending as held, whether it is over or not", () => {
    const waiting = tried([], { waitingFor: "schedule", until: at(60_000) });
    const before = layOut({ ...messageOf(waiting), deliverAt: at(60_000) }, COMMITTED + 10_000);
    expect(marksOf(before)[0]).toMatchObject({ kind: "held", key: "now", isNow: true });
    const after = layOut({ ...messageOf(settled(60_020)), deliverAt: at(60_000) }, COMMITTED + 90_000);
    expect(marksOf(after)[0]).toMatchObject({ kind: "held", key: "schedule", until: COMMITTED + 60_000 });
  });

  test.each([
    "tenantPaused",
    "endpointPaused",
    "endpointDisabled",
    "key",
    "blockedKey",
    "breaker",
    "rateLimit",
  ])("that waits for %s is held until now", (waitingFor) => {
    const drawing = layOut(messageOf({ ...UNTRIED, waitingFor }), COMMITTED + 5_000);
    expect(marksOf(drawing)).toMatchObject([{ kind: "held", isNow: true, until: COMMITTED + 5_000 }]);
  });

  test("under way has an open bar from its claim to now", () => {
    const underWay = tried([20], { state: "leased", waitingFor: "underWay", claimedAt: at(4_000) });
    const drawing = layOut(messageOf(underWay), COMMITTED + 6_000);
    expect(marksOf(drawing).at(-1)).toMatchObject({
      kind: "underWay",
      since: COMMITTED + 4_000,
      until: COMMITTED + 6_000,
    });
  });

  test("is drawn though the clock of the reader is behind the server's", () => {
    const drawing = layOut(messageOf(tried([5_000])), COMMITTED - 60_000);
    expect(kindsOf(drawing)).toEqual(["wait", "attempt", "wait"]);
    for (const { from, to } of marksOf(drawing)) expect(to).toBeGreaterThanOrEqual(from);
  });
});

describe("planned retries", () => {
  const planned = tried([20], { until: at(5_000), retriesLeft: [300, 1800] });

  test("stand right of now, numbered on, at the waits that are left", () => {
    const drawing = layOut(messageOf(planned), COMMITTED + 1_000);
    const ahead = marksOf(drawing).filter(({ kind }) => kind === "planned");
    expect(ahead.map(({ number, since }) => [number, since - COMMITTED])).toEqual([
      [2, 5_000],
      [3, 305_000],
      [4, 2_105_000],
    ]);
    for (const { from } of ahead) expect(from).toBeGreaterThan(drawing.now ?? 1);
  });

  test("leave most of the width to the past", () => {
    const drawing = layOut(messageOf(planned), COMMITTED + 1_000);
    expect(drawing.now).toBeGreaterThan(0.65);
  });

  test.each(["key", "endpointPaused", "underWay", "relay"])(
    "are none while it waits for %s",
    (waitingFor) => {
      const drawing = layOut(messageOf({ ...planned, waitingFor, until: null }), COMMITTED + 1_000);
      expect(kindsOf(drawing)).not.toContain("planned");
    },
  );
});

describe("a compressed axis", () => {
  const far = messageOf(tried([20, 5_051, 305_000]));
  const widthsOf = (isCompressed: boolean) =>
    marksOf(layOut(far, COMMITTED + 306_000, isCompressed))
      .filter(({ kind }) => kind === "attempt")
      .map(({ from, to }) => to - from);

  test("is taken by itself where attempts lie far apart, and lets each be seen", () => {
    expect(layOut(far, COMMITTED + 306_000).isFar).toBe(true);
    expect(Math.max(...widthsOf(false))).toBeLessThan(0.001);
    expect(Math.min(...widthsOf(true))).toBeGreaterThan(0.01);
  });

  test("keeps the order of the lengths of gaps", () => {
    const waits = marksOf(layOut(far, COMMITTED + 306_000, true)).filter(({ kind }) => kind === "wait");
    const [, second = { from: 0, to: 0 }, third = { from: 0, to: 0 }] = waits;
    expect(third.to - third.from).toBeGreaterThan(second.to - second.from);
  });
});

test("ticks have room beside one another, and beside the word for now", () => {
  const deliveries = Array.from({ length: 100 }, (_, n) =>
    tried([20 + n * 7, 5_000 + n * 40, 305_000 + n * 900], { until: at(2_000_000 + n), retriesLeft: [7200] }),
  );
  const { ticks, now = 1, lanes } = layOut(messageOf(...deliveries), COMMITTED + 500_000);
  expect(lanes).toHaveLength(100);
  const places = ticks.map(({ place }) => place);
  for (const [n, place] of places.entries()) {
    expect(place - (places[n - 1] ?? -1)).toBeGreaterThan(0.12);
    expect(Math.abs(place - now)).toBeGreaterThan(0.06);
  }
});

test("a tick that falls on now gives way to its word", () => {
  const { ticks, now = 1 } = layOut(messageOf({ ...UNTRIED, waitingFor: "key" }), COMMITTED + 6_000);
  expect(ticks.map(({ ms }) => ms)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
  for (const { place } of ticks) expect(now - place).toBeGreaterThan(0.06);
});

describe("the keys", () => {
  const { lanes } = layOut(messageOf(tried([20, 5_000]), settled(4_990), settled(30)), COMMITTED + 6_000);
  const toldIn = (lane: number) => lanes[lane]?.marks.filter(isTold).map(({ key }) => key);

  test("lead along the marks that are told, and stop at the ends", () => {
    expect(toldIn(0)).toEqual(["attempt-1", "attempt-2", "now"]);
    expect(stopAfter(lanes, { lane: 0, mark: 0 }, "ArrowRight")).toEqual({ lane: 0, mark: 1 });
    expect(stopAfter(lanes, { lane: 0, mark: 0 }, "ArrowLeft")).toEqual({ lane: 0, mark: 0 });
    expect(stopAfter(lanes, { lane: 0, mark: 0 }, "End")).toEqual({ lane: 0, mark: 2 });
    expect(stopAfter(lanes, { lane: 0, mark: 2 }, "Home")).toEqual({ lane: 0, mark: 0 });
  });

  test("lead to the nearest mark of the lane above or below", () => {
    expect(stopAfter(lanes, { lane: 0, mark: 1 }, "ArrowDown")).toEqual({ lane: 1, mark: 0 });
    expect(stopAfter(lanes, { lane: 1, mark: 0 }, "ArrowUp")).toEqual({ lane: 0, mark: 1 });
  });

  test("lead nowhere above the first lane, below the last, or by another key", () => {
    expect(stopAfter(lanes, { lane: 0, mark: 0 }, "ArrowUp")).toBeUndefined();
    expect(stopAfter(lanes, { lane: 2, mark: 0 }, "ArrowDown")).toBeUndefined();
    expect(stopAfter(lanes, { lane: 0, mark: 0 }, "a")).toBeUndefined();
  });
});
