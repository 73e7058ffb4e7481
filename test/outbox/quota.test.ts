import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { dayOf, type Quota } from "../../src/domain/quota.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { updateTenant } from "../../src/registry/tenants.ts";
import { readStats } from "../../src/trace/stats.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { immortal } from "../support/faults/life.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const allow = (quota: Quota | null) => updateTenant(world.registryTools(), tenant, { quota });
const commit = (...messages: ReturnType<typeof event>[]) => world.commit(tenant, { messages });
const usageOf = async () => (await readStats(env.DB, tenant, {}, world.now)).today;
const countMessages = () =>
  env.DB.prepare("SELECT count(*) AS n FROM outbox_messages WHERE tenant_id = ?").bind(tenant).first("n");
const mail = { to: ["ada@example.com"], subject: "Hello", text: "Hello" };

describe("a tenant with a quota", () => {
  test.each<[keyof Quota, number, () => ReturnType<typeof event>[]]>([
    ["messagesPerDay", 2, () => [event("a", 1)]],
    ["bytesPerDay", 20, () => [event("a", "12345678")]],
    ["deliveriesPerDay", 4, () => [event("b", 1)]],
    ["emailsPerDay", 2, () => [email(mail)]],
  ])("commits as much as its %s says, and what is more leaves nothing behind", async (name, quota, make) => {
    for (const _ of [1, 2]) await world.createEndpoint(tenant, { eventTypes: ["b"] });
    await allow({ [name]: quota });
    await commit(...make());
    await commit(...make());
    const before = await usageOf();
    await expect(commit(...make())).rejects.toMatchObject({
      code: "quota_exceeded",
      retryable: true,
      failure: { quota: name, endsAt: (dayOf(world.now) + 1) * DAY },
      message: expect.stringContaining(name),
    });
    expect(await countMessages()).toBe(2);
    expect(await usageOf()).toEqual(before);

    world.now = (dayOf(world.now) + 1) * DAY;
    expect(await usageOf()).toBeNull();
    await commit(...make());
    expect(await countMessages()).toBe(3);
  });

  test("has every message, byte, delivery and e-mail counted, of a whole batch at once", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["b"] });
    await allow({ messagesPerDay: 100 });
    await commit(event("b", "é"), event("c", 1), email(mail));
    const bytes = JSON.stringify(mail).length;
    expect(await usageOf()).toEqual({ messages: 3, bytes: 4 + 1 + bytes, deliveries: 2, emails: 1 });
    await commit(event("b", 1));
    expect(await usageOf()).toMatchObject({ messages: 4, deliveries: 3 });
  });

  test("of nothing commits nothing; raised, or taken away, it commits again", async () => {
    await allow({ messagesPerDay: 0 });
    await expect(commit(event("a", 1))).rejects.toMatchObject({ code: "quota_exceeded" });
    await allow({ messagesPerDay: 1 });
    await commit(event("a", 1));
    await expect(commit(event("a", 1))).rejects.toMatchObject({ code: "quota_exceeded" });
    await allow(null);
    await commit(event("a", 1));
    expect(await countMessages()).toBe(2);
  });

  test("is answered a repetition also when it is used up, and the repetition does not count", async () => {
    await allow({ messagesPerDay: 1 });
    const request = { messages: [event("a", 1)], idempotencyKey: "k" };
    const first = await world.commit(tenant, request);
    const again = await world.commit(tenant, request);
    expect(again).toMatchObject({ duplicate: true, messages: first.messages });
    expect(await usageOf()).toMatchObject({ messages: 1 });
  });

  test("is counted once for a commit whose answer was lost", async () => {
    await allow({ messagesPerDay: 5 });
    let calls = 0;
    const db: Database = {
      prepare: env.DB.prepare.bind(env.DB),
      batch: async (statements) => {
        const isFirst = calls++ === 0;
        const answer = await env.DB.batch(statements);
        if (isFirst) throw new Error("D1_ERROR: Network connection lost.");
        return answer;
      },
    } as Database;
    const life = { ...immortal, db: () => db };
    await world.commit(tenant, { messages: [event("a", 1)], idempotencyKey: "k" }, life);
    expect(calls).toBeGreaterThan(1);
    expect(await usageOf()).toMatchObject({ messages: 1 });
  });

  test("of many commits at once never has more than it may", async () => {
    await allow({ messagesPerDay: 10 });
    const commits = await Promise.allSettled(Array.from({ length: 30 }, (_, n) => commit(event("a", n))));
    expect(commits.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    expect(await countMessages()).toBe(10);
  });

  test("replays what it likes", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await allow({ messagesPerDay: 1, deliveriesPerDay: 1 });
    const { messages } = await commit(event("a", 1));
    await world.runUntilIdle(tenant);
    await replayOne(world.registryTools(), tenant, messages[0]?.id ?? "", endpoint);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(2);
  });
});

test("a tenant without a quota has nothing counted, and no row written for it; with one, a row for each commit", async () => {
  const { db, bill } = countingDb(env.DB);
  const counted = new World(db);
  await commit(event("a", 0));
  await counted.commit(tenant, { messages: [event("a", 1)] });
  expect(await usageOf()).toBeNull();
  const without = bill.rowsWritten;
  await allow({ messagesPerDay: 5 });
  await counted.commit(tenant, { messages: [event("a", 1), event("a", 2)] });
  expect(bill.rowsWritten - without).toBe(without * 2 + 1);
});

test("one tenant's quota is nothing to another", async () => {
  const other = await world.createTenant();
  await allow({ messagesPerDay: 0 });
  await world.commit(other, { messages: [event("a", 1)] });
});

test("counts of long ago are removed", async () => {
  await allow({ messagesPerDay: 5 });
  await commit(event("a", 1));
  world.now += (limits.usageKeptDays + 1) * DAY;
  await commit(event("a", 1));
  await world.purge();
  const { results } = await env.DB.prepare("SELECT day FROM outbox_usage WHERE tenant_id = ?")
    .bind(tenant)
    .all();
  expect(results).toEqual([{ day: dayOf(world.now) }]);
});
