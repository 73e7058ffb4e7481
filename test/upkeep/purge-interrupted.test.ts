import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Statement } from "../../src/db/database.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { event, type MessageInput } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, keptSeqs, purgedOf, query, statesOf } from "../support/database/rows.ts";
import { type Life, MortalLife } from "../support/faults/life.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
});

afterEach(() => checkInvariants(env.DB, tenant));

async function commit(...messages: MessageInput[]): Promise<string[]> {
  return (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
}

async function deliver(...messages: MessageInput[]): Promise<string[]> {
  const ids = await commit(...messages);
  await world.runUntilIdle(tenant);
  return ids;
}

/** A message that concerns nobody: nothing but its row. */
const bare = () => event("nobody", 1);

/** The newest is never removed: with this one, all that a test has made before may go. */
const commitNewest = () => commit(bare());

/** A process during which something else happens, just before each of its batches. */
const during = (act: () => unknown): Life => ({
  step: (_, done) => done(),
  db: (db) => ({
    prepare: (sql) => db.prepare(sql),
    batch: async <T>(batch: Statement[]) => {
      await act();
      return db.batch<T>(batch);
    },
  }),
});

describe("a purge that is interrupted", () => {
  async function prepare() {
    await query("UPDATE outbox_tenants SET purge_at = 9e15");
    tenant = await world.createTenant();
    await world.createEndpoint(tenant, { eventTypes: ["a"] });
    const messages = [event("a", 1), event("a", 2)];
    await world.commit(tenant, { messages, idempotencyKey: `once-${tenant}` });
    await world.runUntilIdle(tenant);
    await commitNewest();
    world.now += 31 * DAY;
  }

  test("by its death, at any await, leaves nothing half removed, and the next one finishes", async () => {
    await prepare();
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.purge(life);
    expect(life.steps).toEqual([
      "d1.all",
      "d1.first",
      "d1.batch",
      "d1.first",
      "d1.batch",
      "d1.batch",
      "d1.all",
      "d1.all",
    ]);
    for (let at = 1; at <= life.steps.length; at++) {
      for (const side of ["before", "after"] as const) {
        await prepare();
        const mortal = new MortalLife(at, side);
        await Promise.race([world.purge(mortal), mortal.death]);
        expect(mortal.isDead).toBe(true);
        await checkInvariants(env.DB, tenant);
        expect([1, 3]).toContain(await countRows("messages", tenant));
        await world.purge();
        expect(await keptSeqs(tenant)).toEqual([3]);
        expect(await purgedOf(tenant)).toBe(2);
        expect(await countRows("idempotency_keys", tenant)).toBe(0);
        expect(await countRows("deliveries", tenant)).toBe(0);
      }
    }
  });

  test("by an answer that is lost counts nothing twice: the next one goes on from where it was", async () => {
    await prepare();
    const losing: Life = {
      step: (_, act) => act(),
      db: (db) => ({
        prepare: (sql) => db.prepare(sql),
        batch: async (batch) => {
          await db.batch(batch);
          throw new Error("D1_ERROR: Network connection lost.");
        },
      }),
    };
    await world.purge(losing);
    expect(world.events.slice(-2)).toMatchObject([
      { event: "purge.failed", tenant, error: "Error: D1_ERROR: Network connection lost." },
      { event: "purge.done", failed: 1, messages: 0 },
    ]);
    await world.purge();
    expect(await purgedOf(tenant)).toBe(2);
  });

  test("and whose batch comes twice removes nothing the second time, and counts nothing", async () => {
    await prepare();
    let held: Statement[] = [];
    const holding: Life = {
      step: (_, act) => act(),
      db: (db) => ({
        prepare: (sql) => db.prepare(sql),
        batch: <T>(batch: Statement[]) => {
          held = batch;
          return db.batch<T>(batch);
        },
      }),
    };
    // Of two messages the newer one stays, as it is the newest. When it comes again, it is not any more.
    await query("DELETE FROM outbox_messages WHERE tenant_id = ? AND seq = 3", tenant);
    await world.purge(holding);
    expect(await keptSeqs(tenant)).toEqual([2]);
    await commitNewest();
    await env.DB.batch(held);
    expect(await keptSeqs(tenant)).toEqual([2, 3]);
    expect(await purgedOf(tenant)).toBe(1);
  });

  test("by a replay between its read and its deletion leaves what is to be sent again", async () => {
    const [first = "", second = ""] = await deliver(event("a", 1), event("a", 2));
    await commitNewest();
    world.now += 31 * DAY;
    let replays = 1;
    const tools = world.registryTools();
    await world.purge(during(async () => replays-- > 0 && (await replayOne(tools, tenant, first, endpoint))));
    expect(await keptSeqs(tenant)).toEqual([1, 3]);
    expect(await purgedOf(tenant)).toBe(1);
    await expect(readMessage(env.DB, tenant, second)).rejects.toThrow();
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
    expect((await readMessage(env.DB, tenant, first)).deliveries[0]?.attempts).toHaveLength(2);
  });

  test("by another one that overtakes it counts nothing twice", async () => {
    await prepare();
    let others = 1;
    await world.purge(during(async () => others-- > 0 && (await world.purge())));
    expect(await keptSeqs(tenant)).toEqual([3]);
    expect(await purgedOf(tenant)).toBe(2);
  });

  test("by a D1 that is away never throws", async () => {
    const away = {
      prepare: () => {
        throw new Error("D1 is away");
      },
      batch: () => Promise.reject(new Error()),
    };
    await world.purge({ step: (_, act) => act(), db: () => away });
    expect(world.events.at(-1)).toEqual({ event: "purge.failed", error: "Error: D1 is away" });
  });
});
