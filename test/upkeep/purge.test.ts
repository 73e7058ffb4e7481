import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import type { Database, Statement } from "../../src/db/database.ts";
import { endpointReplayInput, replayEndpoint, replayOne } from "../../src/interventions/replay.ts";
import { event, type MessageInput } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { readMessage } from "../../src/trace/messages.ts";
import * as statements from "../../src/upkeep/statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, keptSeqs, purgedOf, query, statesOf } from "../support/database/rows.ts";
import type { Life } from "../support/faults/life.ts";
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

const accepted: Reply = { kind: "accepted", httpStatus: 200, excerpt: null };
const refused: Reply = {
  kind: "temporary",
  error: "http_status",
  httpStatus: 500,
  excerpt: null,
  retryAfterMs: null,
};

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

async function commitBare(tenantId: string, count: number) {
  for (let left = count; left > 0; left -= 100) {
    await world.commit(tenantId, { messages: Array.from({ length: Math.min(left, 100) }, bare) });
  }
}

async function lastSettledAt(): Promise<number> {
  const rows = await query<{ at: number }>(
    "SELECT max(settled_at) AS at FROM outbox_deliveries WHERE tenant_id = ?",
    tenant,
  );
  return rows[0]?.at ?? 0;
}

/** The purge as it looks when it is due. */
async function purgeNow() {
  await query("UPDATE outbox_tenants SET purge_at = 0, purge_after = 0");
  await world.purge();
}

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

describe("messages past retention", () => {
  test("goes, with its deliveries, attempts and idempotency key", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
    let failures = 1;
    world.answer = () => (failures-- > 0 ? refused : accepted);
    await world.commit(tenant, { messages: [event("a", 1), event("a", 2)], idempotencyKey: "once" });
    await world.runUntilIdle(tenant);
    await commitNewest();
    expect(await countRows("attempts", tenant)).toBe(1);
    world.now += 91 * DAY;

    await world.purge();

    expect(await keptSeqs(tenant)).toEqual([3]);
    expect(await countRows("deliveries", tenant)).toBe(0);
    expect(await countRows("attempts", tenant)).toBe(0);
    expect(await countRows("idempotency_keys", tenant)).toBe(0);
    expect(await purgedOf(tenant)).toBe(2);
  });

  test("is what was settled longer ago than that, to the millisecond", async () => {
    await deliver(event("a", 1));
    const settledAt = await lastSettledAt();
    await commitNewest();
    world.now = settledAt + world.retentionMs;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
    world.now += 1;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([2]);
  });

  test("is never what is pending or leased, however old", async () => {
    await commit(event("a", 1), event("a", 2, { orderingKey: "k" }), event("a", 3, { orderingKey: "k" }));
    await world.onAlarm(tenant);
    await commit(event("a", 4));
    await commitNewest();
    world.now += 1000 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2, 3, 4, 5]);
    expect(await statesOf(tenant)).toEqual(["leased", "leased", "leased", "pending"]);
  });

  test("is no message of which one delivery is unsettled; nor does another one's age count", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [60] });
    world.answer = ({ endpoint: { id } }) => (id === endpoint ? accepted : refused);
    await commit(event("a", 1));
    await world.onAlarm(tenant);
    await world.consume();
    await commitNewest();
    world.now += 1000 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
  });

  test("is a dead letter only after its own, longer time", async () => {
    world.answer = () => refused;
    await deliver(event("a", 1));
    const settledAt = await lastSettledAt();
    await commitNewest();
    world.now = settledAt + world.deadRetentionMs;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
    world.now += 1;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([2]);
  });

  test("is no dead letter that blocks its ordering key", async () => {
    await query("UPDATE outbox_endpoints SET ordering = 'strict' WHERE tenant_id = ?", tenant);
    world.answer = () => refused;
    await deliver(event("a", 1, { orderingKey: "k" }));
    await commit(event("a", 2, { orderingKey: "k" }));
    world.now += 1000 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
  });

  test("is a message without deliveries by the time of its commit", async () => {
    await commit(bare());
    const committedAt = world.now;
    await commitNewest();
    world.now = committedAt + world.retentionMs;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
    world.now += 1;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([2]);
  });

  test("is never the newest: the sequence goes on, and repeats nothing", async () => {
    const [, second] = await deliver(event("a", 1), event("a", 2));
    world.now += 1000 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([2]);
    const [third] = await deliver(event("a", 3));
    expect(await keptSeqs(tenant)).toEqual([2, 3]);
    expect(third).not.toBe(second);
    world.now += 1000 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([3]);
    expect(await purgedOf(tenant)).toBe(2);
  });

  test("is a deleted tenant's too", async () => {
    await deliver(event("a", 1), event("a", 2));
    await deleteTenant(world.registryTools(), tenant);
    world.now += 31 * DAY;
    await purgeNow();
    expect(await keptSeqs(tenant)).toEqual([2]);
  });

  test("is looked for once a day, also among what was kept the day before", async () => {
    await deliver(event("a", 1));
    await commitNewest();
    world.now += 100 * DAY;
    const settle = (at: number) =>
      query("UPDATE outbox_deliveries SET settled_at = ? WHERE tenant_id = ?", at, tenant);
    await settle(world.now);
    await world.purge();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
    await settle(1);
    world.now += limits.purgeEveryMs - 1;
    await world.purge();
    expect(await keptSeqs(tenant)).toEqual([1, 2]);
    world.now += 1;
    await world.purge();
    expect(await keptSeqs(tenant)).toEqual([2]);
  });
});

describe("after a purge", () => {
  test("a message that is gone is not found, and nothing else is answered for it", async () => {
    const [id = ""] = await deliver(event("a", 1));
    await commitNewest();
    world.now += 31 * DAY;
    await world.purge();
    const notFound = { failure: { code: "message_not_found" } };
    await expect(readMessage(env.DB, tenant, id)).rejects.toMatchObject(notFound);
    await expect(replayOne(world.registryTools(), tenant, id, endpoint)).rejects.toMatchObject(notFound);
  });

  test("a replay since an instant finds its way over the gaps", async () => {
    world.answer = () => refused;
    await deliver(event("a", 1));
    world.answer = () => accepted;
    await deliver(...Array.from({ length: 20 }, (_, n) => event("a", n)));
    world.now += 31 * DAY;
    const since = new Date(world.now).toISOString();
    await deliver(event("a", "x"), event("a", "y"));
    await world.purge();
    expect(await keptSeqs(tenant)).toEqual([1, 22, 23]);
    const replay = endpointReplayInput.parse({ since, states: ["delivered", "dead"] });
    const replayed = await replayEndpoint(world.registryTools(), tenant, endpoint, replay);
    expect(replayed).toMatchObject({ matched: 2, replayed: 2 });
    await world.runUntilIdle(tenant);
  });

  test("the idempotency key is forgotten with the first message of its commit: it commits anew", async () => {
    const request = { messages: [event("a", 1)], idempotencyKey: "once" };
    const first = await world.commit(tenant, request);
    await world.runUntilIdle(tenant);
    await commitNewest();
    world.now += 29 * DAY;
    await purgeNow();
    expect((await world.commit(tenant, request)).duplicate).toBe(true);
    world.now += 2 * DAY;
    await purgeNow();
    const again = await world.commit(tenant, request);
    expect(again.duplicate).toBe(false);
    expect(again.messages[0]?.id).not.toBe(first.messages[0]?.id);
    // Used again, it stands for the new commit, and stays with it.
    await purgeNow();
    expect((await world.commit(tenant, request)).duplicate).toBe(true);
  });
});

describe("a purge is bounded", () => {
  test("a step removes so many messages at most, and the next minute goes on", async () => {
    const many = limits.messagesPerPurgeStep * 2 + 1;
    await commitBare(tenant, many);
    world.now += 31 * DAY;
    const left: number[] = [];
    const slow = during(() => {
      world.now += limits.purgeMs;
    });
    for (let run = 0; run < 4; run++) {
      await world.purge(slow);
      await checkInvariants(env.DB, tenant);
      left.push(await countRows("messages", tenant));
    }
    expect(left).toEqual([many - limits.messagesPerPurgeStep, 1, 1, 1]);
    expect(await purgedOf(tenant)).toBe(many - 1);
  });

  test("a step takes fewer messages the more deliveries they have, and one at least", async () => {
    await commit(...Array.from({ length: 10 }, () => event("a", 1)));
    await commitNewest();
    await query(
      "UPDATE outbox_deliveries SET state = 'delivered', due_at = NULL, settled_at = 1, attempts = ? WHERE tenant_id = ?",
      limits.weightPerPurgeStep / 2,
      tenant,
    );
    world.now += 31 * DAY;
    const kept: number[] = [];
    const watched = during(async () => kept.push(await countRows("messages", tenant)));
    await world.purge(watched);
    // The last two end the round, and fold the sums.
    expect(kept).toEqual([11, 9, 7, 5, 3, 1, 1, 1]);
    // Those attempts were made up.
    await query("UPDATE outbox_deliveries SET attempts = 0");
  });

  test("tenants take turns: many messages of one do not hold up another's", async () => {
    const other = await world.createTenant();
    await commitBare(tenant, limits.messagesPerPurgeStep * 3);
    await commitBare(other, 5);
    world.now += 31 * DAY;
    const slow = during(() => {
      world.now += limits.purgeMs;
    });
    await world.purge(slow);
    await world.purge(slow);
    // Each run had time for one step: the second took the tenant whose turn it was.
    expect(await countRows("messages", tenant)).toBe(limits.messagesPerPurgeStep * 2);
    expect(await countRows("messages", other)).toBe(1);
  });

  test("tenants take turns within a run too", async () => {
    const other = await world.createTenant();
    await commitBare(tenant, limits.messagesPerPurgeStep * 3);
    await commitBare(other, limits.messagesPerPurgeStep * 3);
    world.now += 31 * DAY;
    const left: number[][] = [];
    const watched = during(async () =>
      left.push(
        [await countRows("messages", tenant), await countRows("messages", other)].toSorted((a, b) => a - b),
      ),
    );
    await world.purge(watched);
    const [whole = 0, oneStep = 0, twoSteps = 0] = [3, 2, 1].map(
      (steps) => steps * limits.messagesPerPurgeStep,
    );
    expect(left.slice(0, 5)).toEqual([
      [whole, whole],
      [oneStep, whole],
      [oneStep, oneStep],
      [twoSteps, oneStep],
      [twoSteps, twoSteps],
    ]);
  });

  test("the rows read by a step do not grow with the messages that are too young", async () => {
    await deliver(...Array.from({ length: 50 }, () => event("a", 1)));
    world.now += 31 * DAY;
    const readBy = async (build: (db: Database) => Statement[]) => {
      const { db, bill } = countingDb(env.DB);
      await db.batch(build(db));
      return bill.rowsRead;
    };
    const cursor = { id: tenant, purge_after: 0, purged: 0 };
    const cutoffs = { settledBefore: world.now - world.retentionMs, deadBefore: 0 };
    const step = { cursor, cutoffs, messages: 50, last: 50 };
    const reads = async () => [
      await readBy((db) => [statements.selectPurgeRange(db, cursor, cutoffs)]),
      await readBy((db) => [statements.purgeIdempotencyKeys(db, step)]),
      // Nothing is removed: the cursor does not stand there.
      await readBy((db) => [statements.purgeMessages(db, { ...step, cursor: { ...cursor, purged: 1 } })]),
      await readBy((db) => [statements.purgeRest(db, "outbox_deliveries", step)]),
      await readBy((db) => [statements.purgeRest(db, "outbox_attempts", step)]),
    ];
    await commitBare(tenant, limits.messagesPerPurgeStep);
    const before = await reads();
    await commitBare(tenant, 1500);
    expect(await reads()).toEqual(before);
    expect(before.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(limits.messagesPerPurgeStep * 5);
  });

  test("a row for the message and one for its delivery are written, and two for each step", async () => {
    await deliver(...Array.from({ length: 100 }, () => event("a", 1)));
    await commitNewest();
    await sumUpAndFold();
    world.now += 31 * DAY;
    const { db, bill } = countingDb(env.DB);
    await world.purge({ step: (_, act) => act(), db: () => db });
    expect(await keptSeqs(tenant)).toEqual([101]);
    // The step, and the look that finds nothing more, each write the tenant and its entry in outbox_tenants_purge.
    expect(bill.rowsWritten).toBe(100 * 2 + 2 * 2);
  });
});

/** Leaves the purge nothing to sum up, and nothing to fold. */
async function sumUpAndFold() {
  await world.sumUp();
  await env.DB.prepare("UPDATE outbox_sums SET step = 0, at = 0 WHERE tenant_id = ?").bind(tenant).run();
}

test("the purge of a dead letter with an idempotency key writes each of its rows, and no entry of an index", async () => {
  world.answer = () => refused;
  const messages = [event("a", 1, { orderingKey: "k" })];
  await world.commit(tenant, { messages, idempotencyKey: "once" });
  await world.runUntilIdle(tenant);
  await commitNewest();
  await sumUpAndFold();
  world.now += 91 * DAY;
  const { db, bill } = countingDb(env.DB);
  await world.purge({ step: (_, act) => act(), db: () => db });
  expect(await keptSeqs(tenant)).toEqual([2]);
  // The message, its key, the delivery and its attempt; then as above.
  expect(bill.rowsWritten).toBe(4 + 2 * 2);
});
