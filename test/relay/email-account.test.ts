import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { AccountCalls, Told } from "../../src/domain/email-account.ts";
import { ACCOUNT_PREFIX } from "../../src/relay/tenant-relay.ts";

const account = { name: "account", perSecond: 2 };
const BAD = "bad@example.com";
const GOOD = "us@example.com";
const asking = (sender = GOOD) => ({ sender, isReturning: false, isLast: false, withinMs: 60_000 });
const told = (result: Told["result"], sender = GOOD): Told => ({ sender, result, waitMs: null });

let keeper: DurableObjectStub & AccountCalls;

beforeEach(() => {
  const name = `${ACCOUNT_PREFIX}${crypto.randomUUID()}`;
  keeper = env.RELAY.getByName(name) as unknown as typeof keeper;
});

describe("the keeper of an account, in its Durable Object", () => {
  test("gives each of many who ask at once a turn of its own", async () => {
    const leaves = await Promise.all(Array.from({ length: 10 }, () => keeper.askAccount(account, asking())));
    const waits = leaves
      .map((leave) => ("waitMs" in leave ? leave.waitMs : Number.NaN))
      .toSorted((a, b) => a - b);
    expect(waits[0]).toBe(0);
    for (const [n, wait] of waits.entries()) if (n > 0) expect(wait).toBeGreaterThan(waits[n - 1] ?? 0);
    // Ten turns of 550 ms, less the time that the questions took.
    expect(waits[9]).toBeGreaterThan(500);
    expect(waits[9]).toBeLessThanOrEqual(9 * 550);
  });

  test("remembers whom it refused when it is evicted, and holds up nobody else", async () => {
    await keeper.tellAccount(account, told("sender", BAD));
    await evictDurableObject(keeper);
    expect(await keeper.askAccount(account, asking(BAD))).toMatchObject({ for: "sender" });
    expect(await keeper.askAccount(account, asking())).toMatchObject({ waitMs: 0 });
    await keeper.tellAccount(account, told("taken", BAD));
    await evictDurableObject(keeper);
    expect(await keeper.askAccount(account, asking(BAD))).not.toHaveProperty("askAt");
  });

  test("lets one try an account that refuses everybody, however many ask", async () => {
    expect(await keeper.tellAccount(account, told("account"))).toBe(30_000);
    await evictDurableObject(keeper);
    const leaves = await Promise.all(Array.from({ length: 5 }, () => keeper.askAccount(account, asking())));
    expect(leaves.map((leave) => ("for" in leave ? leave.for : "turn"))).toEqual(Array(5).fill("account"));
  });
});
