import { describe, expect, test } from "vitest";
import { hasFailedTooLong, nextHealth, WELL, withTold } from "../../src/delivery/health.ts";
import { budgetUsed } from "../../src/domain/failure-budget.ts";
import { limits } from "../../src/platform/limits.ts";

const NOW = 1_000_000;
const failed = (attempts: number, failures = attempts) => ({ attempts, failures });

describe("the breaker", () => {
  test("opens on the tenth attempt of which seven failed, not before", () => {
    expect(nextHealth(WELL, failed(9), NOW).heldUntil).toBeNull();
    expect(nextHealth(WELL, failed(10, 6), NOW).heldUntil).toBeNull();
    expect(nextHealth(WELL, failed(10, 7), NOW)).toEqual({
      ...WELL,
      heldUntil: NOW + limits.breakerHoldMs,
      holds: 1,
    });
  });

  test("counts over a minute from the first failure, and anew after it", () => {
    const first = nextHealth(WELL, failed(5), NOW);
    expect(nextHealth(first, failed(5), NOW + limits.breakerWindowMs - 1).heldUntil).not.toBeNull();
    const later = nextHealth(first, failed(5), NOW + limits.breakerWindowMs);
    expect(later).toMatchObject({
      heldUntil: null,
      windowFrom: NOW + limits.breakerWindowMs,
      windowAttempts: 5,
    });
  });

  test("an endpoint that is well is not counted, and one that was troubled is forgotten", () => {
    expect(nextHealth(WELL, failed(100, 0), NOW)).toEqual(WELL);
    const troubled = nextHealth(WELL, failed(3, 1), NOW);
    expect(nextHealth(troubled, failed(1, 0), NOW + limits.breakerWindowMs)).toEqual(WELL);
  });

  test("holds for twice as long each time, up to five minutes", () => {
    let health = nextHealth(WELL, failed(10), NOW);
    let now = NOW;
    const seconds: number[] = [];
    for (let probe = 0; probe < 8; probe++) {
      seconds.push(((health.heldUntil ?? 0) - now) / 1000);
      now = health.heldUntil ?? 0;
      health = nextHealth(health, failed(1), now);
    }
    expect(seconds).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
  });

  test("is neither closed nor kept open for longer by attempts from before it opened", () => {
    const open = nextHealth(WELL, failed(10), NOW);
    expect(nextHealth(open, failed(5), NOW + 1)).toEqual({ ...open, failedAt: NOW + 1 });
    expect(nextHealth(open, failed(5, 0), NOW + 1)).toEqual({ ...open, failingSince: null, failedAt: null });
  });

  test("closes on the first success after its hold", () => {
    const open = nextHealth(WELL, failed(10), NOW);
    expect(nextHealth(open, failed(1, 0), open.heldUntil ?? 0)).toEqual(WELL);
  });
});

describe("giving an endpoint up", () => {
  test("is for when nothing but failures has come for so long: a success begins the time anew, and so do two quiet days", () => {
    const failing = nextHealth(WELL, failed(1), NOW);
    expect(hasFailedTooLong(failing, NOW + 999, 1_000)).toBe(false);
    expect(hasFailedTooLong(failing, NOW + 1_000, 1_000)).toBe(true);
    const rare = nextHealth(failing, failed(1), NOW + limits.failureGapMs);
    expect(rare.failingSince).toBe(NOW + limits.failureGapMs);
    const relieved = nextHealth(failing, failed(4, 3), NOW + 500);
    expect(hasFailedTooLong(relieved, NOW + 1_000_000, 1_000)).toBe(false);
    expect(nextHealth(relieved, failed(1), NOW + 700).failingSince).toBe(NOW + 700);
  });
});

describe("the failure budget", () => {
  const BUDGET = 1000;
  const failing = { ...WELL, failingSince: NOW, failedAt: NOW };
  const toldAt = (health: typeof failing, percent: number) =>
    withTold(health, NOW + percent * 10, BUDGET).failingTold;

  test.each([
    [0, 0],
    [49.9, 0],
    [50, 50],
    [69.9, 50],
    [70, 70],
    [89.9, 70],
    [90, 90],
    [120, 90],
  ])("of which %d %% are used is told of at %d %%", (used, told) => {
    expect(toldAt(failing, used)).toBe(told);
    expect(budgetUsed(failing, NOW + used * 10, BUDGET)).toBeCloseTo(used);
  });

  test("is never told of at a smaller share than before, also when it has grown", () => {
    expect(toldAt({ ...failing, failingTold: 90 }, 50)).toBe(90);
  });

  test("of an endpoint that does not fail is not used", () => {
    expect(withTold(WELL, NOW, BUDGET)).toEqual(WELL);
    expect(budgetUsed(WELL, NOW, BUDGET)).toBe(0);
  });

  test("is whole after a success, and after two quiet days, which leave a mark for the recovery", () => {
    const told = { ...failing, failingTold: 70 };
    expect(nextHealth(told, failed(1), NOW + 1).failingTold).toBe(70);
    expect(nextHealth(told, failed(2, 1), NOW + 1).failingTold).toBe(0);
    expect(nextHealth(told, failed(1), NOW + limits.failureGapMs).failingTold).toBe(1);
    expect(nextHealth(failing, failed(1), NOW + limits.failureGapMs).failingTold).toBe(0);
    expect(nextHealth(told, failed(10), NOW + 1)).toMatchObject({
      heldUntil: expect.any(Number),
      failingTold: 70,
    });
  });
});
