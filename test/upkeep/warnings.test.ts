import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { messageKey } from "../../src/db/message-key.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { isToBeTold } from "../../src/upkeep/warnings.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, query } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OF_CRON = ["backlog.late", "dead-letters.piling-up", "storage.filling"];

let world: World;
let tenant: string;
let hook: string;
let listener: string;

beforeEach(async () => {
  await emptyDatabase();
  await makeTenant();
});

async function makeTenant(): Promise<void> {
  world = new World(env.DB);
  world.retrySchedule = [];
  tenant = await world.createTenant();
  hook = await world.createEndpoint(tenant, { eventTypes: ["a"] });
  listener = await world.createEndpoint(tenant, { eventTypes: OF_CRON });
}

afterEach(() => checkInvariants(env.DB, tenant));

/** Messages as the cron has made them for an endpoint. */
async function told(of = tenant, to = listener) {
  const rows = await query<{ event_type: string; payload: string }>(
    `SELECT m.event_type, m.payload FROM outbox_messages m JOIN outbox_deliveries d ON d.tenant_id = m.tenant_id AND d.seq = m.seq
     WHERE m.tenant_id = ? AND d.endpoint_id = ? ORDER BY m.seq`,
    of,
    to,
  );
  return rows.map(({ event_type: tells, payload }) => ({ tells, ...JSON.parse(payload) }));
}

/** Deliveries that were not made: their relay does not answer. */
async function fallBehind(): Promise<void> {
  await world.commit(tenant, { messages: [event("a", 1)] });
  world.alarms.clear();
}

/** Deliveries to the endpoint die. */
async function letDie(count: number, eventType = "a"): Promise<void> {
  world.answer = ({ endpoint }) =>
    endpoint.id === hook ? refused({ kind: "permanent", error: "http_status", httpStatus: 404 }) : ACCEPTED;
  for (let left = count; left > 0; left -= 100) {
    const messages = Array.from({ length: Math.min(left, 100) }, (_, n) => event(eventType, n));
    await world.commit(tenant, { messages });
  }
  await world.runUntilIdle(tenant);
}

/** Two crons run, the one in the midst of the other. */
const sweepTwice = () => Promise.all([world.sweep(), world.sweep()]);

describe("a tenant whose deliveries are late", () => {
  test("is told once they are two minutes late, and its relay is woken for that", async () => {
    await fallBehind();
    const dueAt = world.now;
    world.now += limits.warnings.late.afterMs;
    await world.sweep();
    expect(await told()).toEqual([]);
    world.now += 1;
    await world.sweep();
    expect(await told()).toEqual([
      {
        tells: "backlog.late",
        tenantId: tenant,
        oldestDueAt: new Date(dueAt).toISOString(),
        lateSeconds: 120,
        observedAt: new Date(world.now).toISOString(),
      },
    ]);
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ eventType }) => eventType).toSorted()).toEqual(["a", "backlog.late"]);
  });

  test("is told once an hour while that lasts, however many crons run", async () => {
    await fallBehind();
    world.now += 3 * MINUTE;
    const begunAt = world.now;
    for (let minute = 0; minute < 60; minute += 10) {
      world.now = begunAt + minute * MINUTE;
      await sweepTwice();
    }
    expect(await told()).toHaveLength(1);
    world.now = begunAt + HOUR;
    await sweepTwice();
    expect((await told()).map(({ tells }) => tells)).toEqual(["backlog.late", "backlog.late"]);
  });

  test("is told again within the hour only when nobody listened before", async () => {
    await query("UPDATE outbox_endpoints SET event_types = '[\"b\"]' WHERE id = ?", listener);
    await fallBehind();
    world.now += 3 * MINUTE;
    await world.sweep();
    expect(await countRows("messages", tenant)).toBe(1);
    await query("UPDATE outbox_endpoints SET event_types = '[\"backlog.late\"]' WHERE id = ?", listener);
    world.now += MINUTE;
    await world.sweep();
    expect(await told()).toHaveLength(1);
  });

  test("is not told of what waits for a paused endpoint, or for its breaker", async () => {
    await fallBehind();
    await query("UPDATE outbox_endpoints SET state = 'paused' WHERE id = ?", hook);
    world.now += 3 * MINUTE;
    await world.sweep();
    await query(
      "UPDATE outbox_endpoints SET state = 'enabled', held_until = ? WHERE id = ?",
      world.now,
      hook,
    );
    await world.sweep();
    expect(await told()).toEqual([]);
  });
});

describe("a tenant whose dead letters pile up", () => {
  test("is told when ten have died within a day, with the latest as an example; and of the next ten a day later", async () => {
    await letDie(9);
    await world.sweep();
    expect(await told()).toEqual([]);
    await letDie(1);
    await sweepTwice();
    const last = world.sent.at(-1);
    const at = new Date(world.now).toISOString();
    expect(await told()).toEqual([
      {
        tells: "dead-letters.piling-up",
        tenantId: tenant,
        deadLetters: 10,
        complete: true,
        since: new Date(world.now - DAY).toISOString(),
        example: {
          messageId: last?.messageId,
          eventType: "a",
          endpointId: hook,
          reason: "given_up",
          error: "http_status",
          httpStatus: 404,
          settledAt: new Date(last?.at ?? 0).toISOString(),
        },
        observedAt: at,
      },
    ]);
    const toldAt = world.now;
    await letDie(20);
    world.now = toldAt + DAY - 1;
    await world.sweep();
    expect(await told()).toHaveLength(1);
    world.now = toldAt + DAY;
    await letDie(9);
    await world.sweep();
    expect(await told()).toHaveLength(1);
    await letDie(1);
    await world.sweep();
    expect(await told()).toHaveLength(2);
  });

  test("is told of as many as are looked at", async () => {
    await letDie(limits.warnings.dead.looked + 5);
    await world.sweep();
    expect(await told()).toMatchObject([{ deadLetters: limits.warnings.dead.looked, complete: false }]);
  });

  test("is not told of dead deliveries of system events, whose number would grow by that", async () => {
    await query(
      "UPDATE outbox_endpoints SET event_types = ? WHERE id = ?",
      JSON.stringify(SYSTEM_EVENTS),
      listener,
    );
    world.answer = () => refused({ kind: "permanent", error: "http_status", httpStatus: 404 });
    await world.commit(tenant, { messages: Array.from({ length: 9 }, (_, n) => event("a", n)) });
    await world.runUntilIdle(tenant);
    const [{ dead } = {}] = await query<{ dead: number }>(
      "SELECT count(*) AS dead FROM outbox_deliveries WHERE tenant_id = ? AND state = 'dead'",
      tenant,
    );
    expect(dead).toBe(18);
    await world.sweep();
    expect((await told()).filter(({ tells }) => tells === "dead-letters.piling-up")).toEqual([]);
  });

  test("has its turn within minutes, among more tenants than one run looks at", async () => {
    await letDie(10);
    const { tenants } = limits.warnings.dead;
    await query("UPDATE outbox_tenants SET number = ? WHERE id = ?", tenants + 5, tenant);
    await query(
      `UPDATE outbox_messages SET id = ${messageKey("tenant_id", "seq")} WHERE tenant_id = ?`,
      tenant,
    );
    for (let minute = 0; minute < 2; minute++) {
      await world.sweep();
      world.now += MINUTE;
    }
    expect(await told()).toHaveLength(1);
  });
});

describe("the tenant of SYSTEM_EVENTS_TENANT", () => {
  let ops: string;
  let watcher: string;

  beforeEach(async () => {
    ops = await world.createTenant();
    watcher = await world.createEndpoint(ops, { eventTypes: OF_CRON });
    world.systemEventsTenant = ops;
    await query("UPDATE outbox_tenants SET name = 'Acme Inc.' WHERE id = ?", tenant);
  });

  afterEach(() => checkInvariants(env.DB, ops));

  test("hears of the late deliveries and the dead letters of others", async () => {
    await query("UPDATE outbox_endpoints SET state = 'paused' WHERE id = ?", listener);
    await letDie(10);
    await fallBehind();
    world.now += 3 * MINUTE;
    await sweepTwice();
    expect(await told(ops, watcher)).toMatchObject([
      { tells: "backlog.late", tenantId: tenant, tenantName: "Acme Inc." },
      { tells: "dead-letters.piling-up", tenantId: tenant, tenantName: "Acme Inc.", deadLetters: 10 },
    ]);
    expect(world.alarms.has(ops)).toBe(true);
  });

  test("hears once a day that the database fills, and when it is fuller than told", async () => {
    await query("UPDATE outbox_endpoints SET event_types = '[\"storage.filling\"]' WHERE id = ?", watcher);
    const size = (await env.DB.prepare("SELECT 1").all()).meta.size_after;
    const fill = async (share: number, hours: number) => {
      world.databaseMaxBytes = size / share;
      world.now += hours * HOUR;
      await sweepTwice();
    };
    await fill(0.69, 0);
    expect(await told(ops, watcher)).toEqual([]);
    await fill(0.75, 0);
    const [first] = await told(ops, watcher);
    expect(first).toMatchObject({
      tells: "storage.filling",
      level: "filling",
      maxBytes: world.databaseMaxBytes,
      observedAt: new Date(world.now).toISOString(),
    });
    expect(first).not.toHaveProperty("tenantId");
    await fill(0.75, 23);
    await fill(0.9, 0);
    await fill(0.75, 2);
    await fill(0.9, 1);
    await fill(0.75, 21);
    expect((await told(ops, watcher)).map(({ level }) => level)).toEqual([
      "filling",
      "nearly_full",
      "filling",
    ]);
  });
});

test("a level is told of when it is higher than told, or a day has passed", () => {
  const at = (told: "filling" | "nearly_full" | null) => ({ filling_told_at: told && 0, filling_told: told });
  const { fillingQuietMs: quiet } = limits.warnings;
  expect(isToBeTold("ok", at(null), quiet)).toBe(false);
  expect(isToBeTold("filling", at(null), 0)).toBe(true);
  expect(isToBeTold("filling", at("filling"), quiet - 1)).toBe(false);
  expect(isToBeTold("filling", at("filling"), quiet)).toBe(true);
  expect(isToBeTold("full", at("nearly_full"), 1)).toBe(true);
  expect(isToBeTold("filling", at("nearly_full"), 1)).toBe(false);
});

describe("the cron", () => {
  test("tells everything once, though D1 runs every batch twice", async () => {
    await letDie(10);
    await fallBehind();
    world.now += 3 * MINUTE;
    const batch = async <T>(statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch<T>(statements);
      await env.DB.batch<T>(statements);
      return results;
    };
    await world.sweep({ ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) });
    expect((await told()).map(({ tells }) => tells).toSorted()).toEqual([
      "backlog.late",
      "dead-letters.piling-up",
    ]);
  });

  test.each(["before", "after"] as const)(
    "tells everything once, though one dies %s any of its awaits",
    async (side) => {
      for (let at = 1, hasDied = true; hasDied; at++) {
        await emptyDatabase();
        await makeTenant();
        await letDie(10);
        await fallBehind();
        world.now += 3 * MINUTE;
        const life = new MortalLife(at, side);
        await Promise.race([world.sweep(life), life.death]);
        hasDied = life.isDead;
        world.now += MINUTE;
        await world.sweep();
        const heard = (await told()).map(({ tells }) => tells);
        expect(heard.toSorted(), `await ${at}`).toEqual(["backlog.late", "dead-letters.piling-up"]);
        if (!hasDied) expect(at).toBeGreaterThan(6);
      }
    },
  );

  test("is not held up by warnings that D1 does not take, or does not answer", async () => {
    await fallBehind();
    world.now += 3 * MINUTE;
    const db: Database = {
      prepare: env.DB.prepare.bind(env.DB),
      batch: () => Promise.reject(new Error("no")),
    };
    await world.sweep({ ...immortal, db: () => db });
    expect(world.events).toContainEqual({ event: "warnings.failed", error: "Error: no" });
    expect(world.alarms.has(tenant)).toBe(true);

    const swept = world.sweep({ ...immortal, db: () => ({ ...db, batch: () => new Promise(() => {}) }) });
    await expect.poll(() => world.timers.size).toBe(1);
    for (const act of world.timers) act();
    await swept;
    expect(world.events.map(({ event }) => event)).toContain("sweep.done");
  });

  test("reads a bounded number of rows at 10,000 tenants, each with dead letters of long ago", async () => {
    const ops = await world.createTenant();
    await world.createEndpoint(ops, { eventTypes: OF_CRON });
    world.systemEventsTenant = ops;
    await insertTenants(10_000);
    const { tenants } = limits.warnings.dead;
    const bills = [];
    for (let minute = 0; minute < 5; minute++) {
      const { db, bill } = countingDb(env.DB);
      await world.sweep({ ...immortal, db: () => db });
      world.now += MINUTE;
      bills.push(bill);
    }
    for (const { rowsRead, rowsWritten, roundTrips } of bills) {
      expect(rowsRead).toBeLessThan(30 * tenants);
      expect([rowsWritten, roundTrips]).toEqual([1, 3]);
    }
    // The dead letters of each tenant of a stretch.
    expect(bills.at(-1)?.rowsRead).toBeGreaterThan(20 * tenants);
  });
});

/** So many tenants, each with an endpoint and 12 dead letters that died long ago. */
async function insertTenants(count: number): Promise<void> {
  const numbers = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})`;
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO outbox_tenants (number, id, state, created_at) ${numbers} SELECT 1000 + n, 'many-' || n, 'active', 1 FROM n`,
    ),
    env.DB.prepare(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, created_at, updated_at)
       ${numbers} SELECT 'many-' || n, 'ep', 'webhook', 'https://example.com/', '["a"]', 'enabled', 1, 1 FROM n`,
    ),
    env.DB.prepare(
      `INSERT INTO outbox_messages (tenant_id, id, nonce, event_type, payload, payload_bytes, committed_at)
       ${numbers} SELECT 'many-' || n, ${messageKey("'many-' || n", "d.value")}, printf('%013d', d.value), 'a', '1', 1, 1
       FROM n, json_each('[1,2,3,4,5,6,7,8,9,10,11,12]') d`,
    ),
    env.DB.prepare(
      `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, settled_at)
       ${numbers} SELECT 'many-' || n, d.value, 'ep', 1, 'dead', 1 FROM n, json_each('[1,2,3,4,5,6,7,8,9,10,11,12]') d`,
    ),
  ]);
}
