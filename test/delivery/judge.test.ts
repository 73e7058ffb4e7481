import { describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { judge } from "../../src/delivery/judge.ts";
import { DEFAULT_RETRY_SCHEDULE, retryDelayMs } from "../../src/delivery/retry-policy.ts";
import { limits } from "../../src/platform/limits.ts";
import { refused } from "../support/outside/replies.ts";

const NOW = 1_000_000;
const fixed = (fraction: number) => ({
  bytes: (count: number) => new Uint8Array(count),
  fraction: () => fraction,
});
const decide = (reply: Reply, attempt = 1, schedule: readonly number[] = [10, 20]) =>
  judge({ reply, attempt, schedule, giveUpOn: [404], now: NOW }, fixed(0.5));

describe("judging an attempt", () => {
  test("accepted is delivered", () => {
    expect(decide({ kind: "accepted", httpStatus: 200, excerpt: null })).toEqual({ outcome: "delivered" });
  });

  test("a status that the endpoint gives up on is final, also at the first attempt", () => {
    expect(decide(refused({ httpStatus: 404 }))).toEqual({ outcome: "dead", reason: "given_up" });
    expect(decide(refused({ httpStatus: 405 }))).toMatchObject({ outcome: "retry" });
    expect(decide({ kind: "accepted", httpStatus: 404, excerpt: null })).toEqual({ outcome: "delivered" });
  });

  test("a passing refusal is tried again after the wait of its attempt", () => {
    expect(decide(refused(), 1)).toEqual({ outcome: "retry", dueAt: NOW + 10_000 });
    expect(decide(refused(), 2)).toEqual({ outcome: "retry", dueAt: NOW + 20_000 });
  });

  test("after the last retry it is dead", () => {
    expect(decide(refused(), 3)).toEqual({ outcome: "dead", reason: "exhausted" });
    expect(decide(refused(), 1, [])).toEqual({ outcome: "dead", reason: "exhausted" });
  });

  test("a permanent refusal is dead at once, however much is left of the schedule", () => {
    expect(decide(refused({ kind: "permanent" }))).toEqual({ outcome: "dead", reason: "given_up" });
    expect(decide(refused({ kind: "gone" }))).toEqual({ outcome: "dead", reason: "gone" });
  });

  test("a wait that was asked for lengthens the schedule's, and never shortens it", () => {
    expect(decide(refused({ retryAfterMs: 60_000 }))).toEqual({ outcome: "retry", dueAt: NOW + 60_000 });
    expect(decide(refused({ retryAfterMs: 1 }))).toEqual({ outcome: "retry", dueAt: NOW + 10_000 });
    expect(decide(refused({ retryAfterMs: 60_000 }), 3)).toEqual({ outcome: "dead", reason: "exhausted" });
  });

  test.each([
    [60_000.5, NOW + 60_001],
    [Number.POSITIVE_INFINITY, NOW + 10_000],
    [Number.NaN, NOW + 10_000],
    [-1, NOW + 10_000],
    [1e15, NOW + limits.retryAfterMs],
  ])("a wait of %d ms, as a stranger may ask for it, leads to an instant that D1 takes", (asked, dueAt) => {
    expect(decide(refused({ retryAfterMs: asked }))).toEqual({ outcome: "retry", dueAt });
    const spared = decide(refused({ retryAfterMs: asked, spares: true }));
    expect(spared).toMatchObject({ outcome: "retry", dueAt: expect.toSatisfy(Number.isSafeInteger) });
  });
});

describe("the retry schedule", () => {
  test("is by default ten attempts: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h", () => {
    const hours = (h: number) => h * 3600;
    expect(DEFAULT_RETRY_SCHEDULE).toEqual([5, 300, 1800, ...[2, 5, 10, 14, 20, 24].map(hours)]);
  });

  test("varies by a fifth either way", () => {
    expect(retryDelayMs([100], 1, fixed(0))).toBe(80_000);
    expect(retryDelayMs([100], 1, fixed(0.5))).toBe(100_000);
    expect(retryDelayMs([100], 1, fixed(0.999999))).toBe(120_000);
    expect(retryDelayMs([100], 2, fixed(0))).toBeUndefined();
  });
});
