import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/database.ts";
import type { SumField } from "../../src/domain/sums.ts";
import { replayEndpoint, replayOne } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { sumUp } from "../../src/upkeep/sum-statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { immortal } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { World } from "../support/world.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [1, 1] });
});

/** Total of some fields over all sums of an endpoint, a tenant or the deployment. */
async function totalOf<F extends SumField>(tenantId: string, endpointId: string, ...fields: F[]) {
  const columns = fields.map((field) => `coalesce(sum(${field}), 0) AS ${field}`).join(", ");
  const row = await env.DB.prepare(
    `SELECT ${columns} FROM outbox_sums WHERE tenant_id = ? AND endpoint_id = ? AND step <> 0`,
  )
    .bind(tenantId, endpointId)
    .first<Record<F, number>>();
  return { ...row } as Record<F, number>;
}

const outcomes = () => totalOf(tenant, endpoint, "delivered", "retried", "dead");

async function commitMany(count: number): Promise<string[]> {
  const messages = Array.from({ length: count }, (_, n) => event("a", n));
  return (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
}

function counted() {
  const { db, bill } = countingDb(env.DB);
  return { bill, life: { step: <T>(_: string, act: () => Promise<T>) => act(), db: (_: Database) => db } };
}

const replies = (...given: Reply[]) => {
  const left = [...given];
  world.answer = () => left.shift() ?? { kind: "accepted", httpStatus: 200, excerpt: null };
};

describe("an outcome is counted once", () => {
  test("a first attempt that delivers: by the cron, however often it runs", async () => {
    await commitMany(3);
    await world.runUntilIdle(tenant);
    expect(await outcomes()).toEqual({ delivered: 0, retried: 0, dead: 0 });

    await world.sumUp();
    await world.sumUp();

    expect(await outcomes()).toEqual({ delivered: 3, retried: 0, dead: 0 });
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 3 });
    await checkInvariants(env.DB, tenant);
  });

  test("failures, and what they delay: as they are settled", async () => {
    replies(refused({ kind: "permanent", httpStatus: 422 }), refused(), refused({ httpStatus: 429 }));
    await commitMany(2);
    await world.runUntilIdle(tenant);
    expect(await outcomes()).toEqual({ delivered: 1, retried: 2, dead: 1 });
    expect(await totalOf(tenant, endpoint, "failed", "throttled", "refused")).toEqual({
      failed: 1,
      throttled: 1,
      refused: 1,
    });

    await world.sumUp();

    expect(await outcomes()).toEqual({ delivered: 1, retried: 2, dead: 1 });
    await checkInvariants(env.DB, tenant);
  });

  test("a delivery that the cron has passed by: as it is settled", async () => {
    await commitMany(2);
    await world.sumUp();
    expect(await outcomes()).toEqual({ delivered: 0, retried: 0, dead: 0 });

    await world.runUntilIdle(tenant);
    expect(await outcomes()).toEqual({ delivered: 2, retried: 0, dead: 0 });
    await world.sumUp();

    expect(await outcomes()).toEqual({ delivered: 2, retried: 0, dead: 0 });
    await checkInvariants(env.DB, tenant);
  });

  test.each([
    ["before the cron comes", false],
    ["after it", true],
  ])("a delivery that is replayed %s", async (_, summed) => {
    const [id = ""] = await commitMany(1);
    await world.runUntilIdle(tenant);
    if (summed) await world.sumUp();
    await world.ask((tools) => replayOne(tools, tenant, id, endpoint));
    replies(refused());
    await world.sumUp();
    await world.runUntilIdle(tenant);
    await world.sumUp();

    expect(await outcomes()).toEqual({ delivered: 2, retried: 1, dead: 0 });
    await checkInvariants(env.DB, tenant);
  });

  test("a delivery that is purged before the cron comes", async () => {
    await commitMany(2);
    await world.runUntilIdle(tenant);
    world.now += 400 * DAY;
    await world.purge();
    const left = await env.DB.prepare("SELECT count(*) AS n FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant)
      .first("n");
    expect(left).toBe(1);

    await world.sumUp();

    expect(await outcomes()).toEqual({ delivered: 2, retried: 0, dead: 0 });
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 2 });
  });

  test("more deliveries than one batch takes", async () => {
    const others = await Promise.all(Array.from({ length: 29 }, () => world.createEndpoint(tenant)));
    for (let n = 0; n < 2; n++) await commitMany(50);
    await world.runUntilIdle(tenant);
    const { bill, life } = counted();

    await world.sumUp(life);

    expect(30 * 100).toBeGreaterThan(limits.deliveriesPerSum);
    expect(bill.roundTrips).toBeGreaterThan(4);
    for (const id of [endpoint, ...others]) {
      expect(await totalOf(tenant, id, "delivered")).toEqual({ delivered: 100 });
    }
    await checkInvariants(env.DB, tenant);
  });

  test("an outcome that lost its lease: not at all", async () => {
    await commitMany(1);
    await world.onAlarm(tenant);
    world.answer = async () => {
      await env.DB.prepare("UPDATE outbox_deliveries SET lease_token = 'another' WHERE tenant_id = ?")
        .bind(tenant)
        .run();
      return refused();
    };
    await world.consume();
    expect(await outcomes()).toEqual({ delivered: 0, retried: 0, dead: 0 });
  });
});

/** Statements that hold messages of the tenant without deliveries, from one sequence number on. */
function insertMessages(count: number, at: number) {
  return env.DB.prepare(`
    WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2)
    INSERT INTO outbox_messages (id, tenant_id, nonce, event_type, payload, payload_bytes, committed_at)
    SELECT (SELECT number FROM outbox_tenants WHERE id = ?1) << 36 | seq, ?1, 'n', 'a', '1', 1, ?3 FROM n`).bind(
    tenant,
    count,
    at,
  );
}

describe("what could be counted twice, or never", () => {
  test("deliveries that a replay in slices has yet to come to", async () => {
    const dead = limits.replaysPerCall;
    await insertMessages(dead, world.now).run();
    await env.DB.prepare(`
      INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, attempts, settled_at, reason)
      SELECT tenant_id, seq, ?2, 1, 'dead', 0, ?3, 'poison' FROM outbox_messages WHERE tenant_id = ?1`)
      .bind(tenant, endpoint, world.now)
      .run();
    await commitMany(3);
    await world.runUntilIdle(tenant);
    const input = { since: 0, states: ["delivered", "dead"] as const, dryRun: false };
    const replayed = await world.ask((tools) => replayEndpoint(tools, tenant, endpoint, input as never));
    expect(replayed).toMatchObject({ matched: dead + 3, replayed: dead });

    await world.sumUp();

    expect(await totalOf(tenant, endpoint, "delivered")).toEqual({ delivered: 3 });
  });

  test("messages without deliveries are as many batches as others", async () => {
    await insertMessages(2 * limits.deliveriesPerSum + 1, world.now).run();
    const { bill, life } = counted();
    await world.sumUp(life);
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 2 * limits.deliveriesPerSum + 1 });
    expect(bill.roundTrips).toBeGreaterThanOrEqual(3);
  });

  test("messages that are not there any more, in a database that was set back since they were seen", async () => {
    await commitMany(2);
    await env.DB.batch(sumUp(env.DB, [{ id: tenant, to: 100 }], limits.deliveriesPerSum));
    const row = await env.DB.prepare("SELECT summed_to FROM outbox_tenants WHERE id = ?")
      .bind(tenant)
      .first();
    expect(row).toEqual({ summed_to: 2 });
    await commitMany(1);
    await world.sumUp();
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 3 });
  });

  test("a tenant whose sums D1 refuses holds up no other", async () => {
    const other = await world.createTenant();
    await commitMany(2);
    await world.commit(other, { messages: [event("a", 1)] });
    const refusing = new WeakSet<object>();
    const prepare = (query: string) => {
      const statement = env.DB.prepare(query);
      const bind = (...values: unknown[]) => {
        const bound = statement.bind(...values);
        if (/stretches/.test(query) && String(values[0]).includes(tenant)) refusing.add(bound);
        return bound;
      };
      return Object.assign(Object.create(statement), { bind });
    };
    const batch = async (statements: D1PreparedStatement[]) => {
      if (statements.some((one) => refusing.has(one)))
        throw new Error("D1_ERROR: D1 DB exceeded its CPU time limit");
      return env.DB.batch(statements);
    };
    world.events.length = 0;
    await world.sumUp({ ...immortal, db: () => ({ prepare, batch }) as never });

    expect(await totalOf(other, "", "committed")).toEqual({ committed: 1 });
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 0 });
    expect(world.events).toMatchObject([
      { event: "sums.failed", tenant },
      { event: "sums.done", failed: 1, complete: true },
    ]);
    await world.sumUp();
    expect(await totalOf(tenant, "", "committed")).toEqual({ committed: 2 });
  });

  test("a full database, which has no room for sums, is purged all the same", async () => {
    await commitMany(3);
    await world.runUntilIdle(tenant);
    world.now += 400 * DAY;
    const batch = async (statements: D1PreparedStatement[]) => {
      const sums = statements.filter((one) => adding.has(one));
      if (sums.length > 0) throw new Error("D1_ERROR: database or disk is full: SQLITE_FULL");
      return env.DB.batch(statements);
    };
    const adding = new WeakSet<object>();
    const prepare = (query: string) => {
      const statement = env.DB.prepare(query);
      const bind = (...values: unknown[]) => {
        const bound = statement.bind(...values);
        if (/INTO outbox_sums/.test(query)) adding.add(bound);
        return bound;
      };
      return Object.assign(Object.create(statement), { bind });
    };
    await world.purge({ ...immortal, db: () => ({ prepare, batch }) as never });
    const { results } = await env.DB.prepare("SELECT seq FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(results).toEqual([{ seq: 3 }]);
  });
});

describe("a sum", () => {
  test("of the deployment counts all tenants by channel", async () => {
    await world.sumUp();
    const before = await totalOf("", "webhook", "delivered", "retried", "d0");
    const committed = await totalOf("", "", "committed");
    replies(refused());
    await commitMany(2);
    const another = await world.createTenant();
    await world.createEndpoint(another);
    await world.commit(another, { messages: [event("a", 1)] });
    await world.runUntilIdle(tenant);
    await world.runUntilIdle(another);
    await world.sumUp();

    const after = await totalOf("", "webhook", "delivered", "retried", "d0");
    expect(after.delivered - before.delivered).toBe(3);
    expect(after.retried - before.retried).toBe(1);
    expect((await totalOf("", "", "committed")).committed - committed.committed).toBe(3);
  });

  test("tells the time since the commit, or since it was scheduled for, and how long attempts took", async () => {
    world.answer = async () => {
      world.now += 300;
      return { kind: "accepted", httpStatus: 200, excerpt: null };
    };
    await commitMany(1);
    await world.commit(tenant, { messages: [event("a", 2, { deliverAt: new Date(world.now + 2 * DAY) })] });
    await world.runUntilIdle(tenant);
    await world.sumUp();

    // The first waited 300 ms for its answer, and so did the second, since it was due.
    expect(await totalOf(tenant, endpoint, "l3", "d5", "l12")).toEqual({ l3: 2, d5: 2, l12: 0 });
  });
});

describe("old sums", () => {
  test("of five minutes become hours, hours days, and days go; what the deployment has ever counted stays", async () => {
    const hour = 60 * MINUTE;
    const at = world.now - (world.now % DAY);
    for (const minutes of [0, 5, 70]) {
      world.now = at + minutes * MINUTE;
      await commitMany(1);
      await world.runUntilIdle(tenant);
    }
    await world.sumUp();
    const ever = async () =>
      env.DB.prepare(
        "SELECT sum(delivered) AS n FROM outbox_sums WHERE tenant_id = '' AND step IN (0, 300000)",
      ).first("n");
    const before = await ever();
    const spans = async () => {
      const { results } = await env.DB.prepare(
        "SELECT step, at, delivered FROM outbox_sums WHERE tenant_id = ? AND endpoint_id = ? AND step > 0 ORDER BY at",
      )
        .bind(tenant, endpoint)
        .all<{ step: number; at: number; delivered: number }>();
      return results.map((row) => [row.step, row.at - at, row.delivered]);
    };
    const fiveMinutes = 5 * MINUTE;
    expect(await spans()).toEqual([
      [fiveMinutes, 0, 1],
      [fiveMinutes, fiveMinutes, 1],
      [fiveMinutes, 70 * MINUTE, 1],
    ]);

    const inAWhile = async (days: number, minutes: number) => {
      world.now = at + days * DAY + minutes * MINUTE;
      await env.DB.prepare("UPDATE outbox_tenants SET purge_at = 0 WHERE id = ?").bind(tenant).run();
      await world.purge();
      await world.sumUp();
    };
    await inAWhile(3, 61);
    expect(await spans()).toEqual([
      [hour, 0, 2],
      [fiveMinutes, 70 * MINUTE, 1],
    ]);
    await inAWhile(3, 121);
    expect(await spans()).toEqual([
      [hour, 0, 2],
      [hour, hour, 1],
    ]);
    expect(await ever()).toBe(before);
    await inAWhile(91, 1);
    expect(await spans()).toEqual([[DAY, 0, 3]]);
    await inAWhile(732, 1);
    expect(await spans()).toEqual([]);
    const all = "SELECT delivered FROM outbox_sums WHERE tenant_id = ? AND endpoint_id = ?";
    expect(await env.DB.prepare(all).bind(tenant, endpoint).first("delivered")).toBe(3);
  });
});

test("old sums are folded to the last, however many there are", async () => {
  await commitMany(1);
  await env.DB.prepare(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
    INSERT INTO outbox_sums (tenant_id, endpoint_id, step, at, delivered)
    SELECT ?1, 'ep_' || (i % 20), ?3, ?3 * (i / 20), 1 FROM n`)
    .bind(tenant, 2 * limits.sumsFoldedAtOnce + 1, 5 * MINUTE)
    .run();
  world.now -= world.now % (60 * MINUTE);
  await world.sumUp();
  const left = await env.DB.prepare(
    "SELECT count(*) AS n FROM outbox_sums WHERE tenant_id = ? AND step = ? AND at < ?",
  )
    .bind(tenant, 5 * MINUTE, world.now - 3 * DAY)
    .first("n");
  expect(left).toBe(0);
});

describe("rows written", () => {
  test("a tenant with traffic costs a row for each endpoint and two for itself, in a round; one without nothing", async () => {
    await commitMany(20);
    await world.runUntilIdle(tenant);
    await world.sumUp();
    world.now += 10 * MINUTE;
    await commitMany(20);
    await world.runUntilIdle(tenant);

    const { bill, life } = counted();
    await world.sumUp(life);
    // The endpoint, the tenant's commits, its watermark; the channel and the commits of the deployment; the progress.
    expect(bill.rowsWritten).toBe(6);
    const idle = counted();
    await world.sumUp(idle.life);
    expect(idle.bill.rowsWritten).toBe(1);
  });

  test("failures cost two rows for each settling, and so does what comes late", async () => {
    await commitMany(10);
    await world.sumUp();
    await world.onAlarm(tenant);
    const late = counted();
    await world.consume(late.life);
    const bare = 10;
    expect(late.bill.rowsWritten).toBe(bare + 2);
  });
});
