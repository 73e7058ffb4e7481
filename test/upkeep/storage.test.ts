import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noise } from "../../bench/storage/payloads.ts";
import { permanent } from "../../src/channels/channel.ts";
import { event } from "../../src/outbox/message.ts";
import type { OutboxError } from "../../src/platform/errors.ts";
import { limits } from "../../src/platform/limits.ts";
import { KnownReport } from "../../src/upkeep/report.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { failingDb } from "../support/faults/failing-db.ts";
import { immortal } from "../support/faults/life.ts";
import { ACCEPTED, World } from "../support/world.ts";

const DAY = 24 * 3600_000;
const ROOM = 1_000_000;

let world: World;
let tenant: string;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant, { retrySchedule: [] });
  world.databaseMaxBytes = (await sizeNow()) + ROOM;
});

afterEach(() => checkInvariants(env.DB, tenant));

async function sizeNow(): Promise<number> {
  return (await env.DB.prepare("SELECT 1").all()).meta.size_after;
}

const shareNow = async () => (await sizeNow()) / world.databaseMaxBytes;

/** Ten messages of 10 KB that nothing makes smaller. */
let made = 0;
const commitTen = () =>
  world.commit(tenant, { messages: Array.from({ length: 10 }, () => event("a", noise(made++, 10_000))) });

/** Commits until the database is so full. Answers the ids of what was accepted. */
async function fill(share: number): Promise<string[]> {
  const ids: string[] = [];
  while ((await shareNow()) < share) ids.push(...(await commitTen()).messages.map(({ id }) => id));
  return ids;
}

const refusalOf = (work: Promise<unknown>): Promise<OutboxError> =>
  work.then(
    () => expect.unreachable("it was accepted"),
    (error) => error,
  );

const sentIds = () => world.sent.map(({ messageId }) => messageId);

describe("a database that is full", () => {
  test("refuses commits with a sentence, and writes nothing; what was accepted is delivered, and a purge makes room", async () => {
    const accepted = await fill(limits.fullShare);
    const bytes = await sizeNow();
    const refused = await refusalOf(commitTen());
    expect(refused.code).toBe("storage_full");
    expect(refused.message).toContain("The database is full");
    expect(refused.retryable).toBe(true);
    expect(await sizeNow()).toBe(bytes);

    await world.runUntilIdle(tenant);
    expect(sentIds().toSorted()).toEqual(accepted.toSorted());
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));

    await world.sweep();
    expect(world.events).toContainEqual(expect.objectContaining({ event: "storage.filling", level: "full" }));
    await world.purge();
    expect((await refusalOf(commitTen())).code).toBe("storage_full");

    world.now += world.leastRetentionMs + 1;
    await world.purge();
    expect(await shareNow()).toBeLessThan(limits.purgeEarlyShare);
    const [id] = (await commitTen()).messages.map(({ id }) => id);
    await world.runUntilIdle(tenant);
    expect(sentIds()).toContain(id);
  });

  test("is told of by the sweep also when it takes no report", async () => {
    world.databaseMaxBytes = await sizeNow();
    const message = "D1_ERROR: database or disk is full: SQLITE_FULL";
    await world.sweep({ ...immortal, db: () => failingDb(env.DB, { after: 1, message }) });
    const told = world.events.map(({ event, level }) => [event, level]);
    expect(told).toContainEqual(["sweep.report_failed", undefined]);
    expect(told).toContainEqual(["storage.filling", "full"]);
  });

  test("is noticed by an isolate that has not seen it fill, at its first commit; and asked again only every few seconds", async () => {
    await fill(limits.fullShare);
    world.gauge = new (Object.getPrototypeOf(world.gauge).constructor)();
    await commitTen();
    let calls = 0;
    const { prepare } = world.db;
    world.db.prepare = (query) => {
      calls++;
      return prepare.call(world.db, query);
    };
    for (let n = 0; n < 5; n++) expect((await refusalOf(commitTen())).code).toBe("storage_full");
    expect(calls).toBe(0);
    world.now += limits.gaugeFreshMs;
    for (let n = 0; n < 5; n++) expect((await refusalOf(commitTen())).code).toBe("storage_full");
    expect(calls).toBe(1);
    world.db.prepare = prepare;
  });

  test("holds what it must: dead letters and what waits are not purged early", async () => {
    world.answer = () => permanent("http_status");
    const [dead] = (await commitTen()).messages;
    await world.runUntilIdle(tenant);
    world.answer = () => ACCEPTED;
    await fill(limits.purgeEarlyShare);
    await world.runUntilIdle(tenant);
    const waiting = await world.commit(tenant, {
      messages: [event("a", 1, { deliverAt: new Date(world.now + 20 * DAY) })],
    });
    await commitTen();
    world.now += world.leastRetentionMs + 1;
    await world.purge();
    expect(await shareNow()).toBeLessThan(limits.purgeEarlyShare);
    const { results } = await env.DB.prepare(
      "SELECT seq FROM outbox_messages WHERE tenant_id = ? ORDER BY seq",
    )
      .bind(tenant)
      .all<{ seq: number }>();
    const kept = results.map(({ seq }) => seq);
    expect(kept.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => (dead?.sequence ?? 0) + n));
    expect(kept).toContain(waiting.messages[0]?.sequence);
  });
});

describe("a database that fills", () => {
  test.each([
    ["ok", 0.6],
    ["filling", limits.fillingShare],
    ["nearly_full", limits.nearlyFullShare],
  ])("is told to be %s from %d of its size on", async (level, share) => {
    await fill(share);
    await world.sweep();
    const told = world.events.filter(({ event }) => event === "storage.filling");
    expect(told.map((one) => one["level"])).toEqual(level === "ok" ? [] : [level]);
    const report = await new KnownReport().read(env.DB, world.now);
    expect(report.databaseBytes).toBeGreaterThanOrEqual(share * world.databaseMaxBytes);
  });

  test("below 90 % keeps every message for its retention", async () => {
    await fill(limits.nearlyFullShare);
    await world.runUntilIdle(tenant);
    world.now += world.leastRetentionMs + 1;
    const before = await sizeNow();
    await world.purge();
    expect(await sizeNow()).toBeGreaterThanOrEqual(before - 4096);
  });
});
