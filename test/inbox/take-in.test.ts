import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database, Statement } from "../../src/db/database.ts";
import { DEFAULT_RETRY_SCHEDULE } from "../../src/delivery/retry-policy.ts";
import { inbox as openInbox } from "../../src/inbox/inbox.ts";
import { inboxLimits } from "../../src/inbox/limits.ts";
import { deleteOldReceipts, insertReceipt, selectReceipt } from "../../src/inbox/statements.ts";
import { readConfig } from "../../src/platform/config.ts";
import { limits } from "../../src/platform/limits.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { D1_WORDS, OWN_WORDS } from "../support/faults/d1-words.ts";
import {
  applyInboxMigrations,
  createCounter,
  type Env,
  newWebhookSecret,
  sign,
  startInbox,
} from "../support/outside/inbox.ts";

const counters = sqliteTable("counters", { id: text("id").primaryKey(), moved: integer("moved").notNull() });
const DAY_MS = 24 * 3600_000;

const TAKEN = { status: 200, body: { duplicate: false } };
const DUPLICATE = { status: 200, body: { duplicate: true } };

beforeAll(applyInboxMigrations);

describe("a webhook", () => {
  test("is on record with what follows from it, drizzle and native statements alike", async () => {
    const [native, other] = [await createCounter(), crypto.randomUUID()];
    const inbox = await startInbox({
      receive: async ({ env }) => ({
        writes: [drizzle(env.DB).insert(counters).values({ id: other, moved: 7 }), native.move()],
      }),
    });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await inbox.receipts()).toEqual(["msg_1"]);
    expect(await native.moved()).toBe(1);
    const row = env.DB.prepare("SELECT moved FROM counters WHERE id = ?").bind(other);
    expect(await row.first("moved")).toBe(7);
  });

  test("from which nothing follows is on record too", async () => {
    const inbox = await startInbox({ receive: async () => undefined });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
  });

  test("finds what the app has put into hono's context", async () => {
    const counter = await createCounter();
    const secret = newWebhookSecret();
    const app = new Hono<{ Bindings: Env; Variables: { step: number } }>();
    app.use(async (c, next) => {
      c.set("step", 5);
      await next();
    });
    const handler = openInbox<Env, { by: number }, { step: number }>({
      secrets: (_, c) => (c.get("step") === 5 ? secret : undefined),
      payloadFormat: "raw",
      source: (c) => `path-${c.req.param("sender")}`,
      receive: ({ payload }, c) => ({ writes: [counter.move(payload.by * c.get("step"))] }),
    });
    app.post("/webhooks/:sender", handler);
    const send = async (sender: string) =>
      (await app.request(`/webhooks/${sender}`, sign({ ...webhook, secrets: [secret] }), env)).json();
    const webhook = { id: `msg_${counter.id}`, payload: { by: 2 } };
    expect(await send("a")).toEqual({ duplicate: false });
    expect(await send("a")).toEqual({ duplicate: true });
    expect(await send("b")).toEqual({ duplicate: false });
    expect(await counter.moved()).toBe(20);
  });

  test("with the same id as another source's is another one", async () => {
    const [first, second] = [await startInbox(), await startInbox()];
    expect(await first.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await second.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await second.counter.moved()).toBe(1);
  });
});

describe("a duplicate", () => {
  test("is answered 200 and changes nothing, whatever it says this time", async () => {
    const inbox = await startInbox({ payloadFormat: "raw" });
    expect(await inbox.send({ id: "msg_1", payload: 1 })).toMatchObject(TAKEN);
    expect(await inbox.send({ id: "msg_1", payload: 1 })).toMatchObject(DUPLICATE);
    expect(await inbox.send({ id: "msg_1", payload: 2 })).toMatchObject(DUPLICATE);
    expect(await inbox.counter.moved()).toBe(1);
  });

  test("of twenty at once: one is taken in, nineteen are duplicates", async () => {
    const inbox = await startInbox();
    const answers = await Promise.all(Array.from({ length: 20 }, () => inbox.send({ id: "msg_1" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);
    expect(await inbox.counter.moved()).toBe(1);
  });

  test("is one also where its effect could not be had again", async () => {
    let calls = 0;
    const inbox = await startInbox({
      receive: () => {
        if (++calls > 1) throw new Error("this order is paid already");
        return { writes: [inbox.counter.move()] };
      },
    });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
    expect(inbox.events[1]).toMatchObject({ duplicate: true, error: "Error: this order is paid already" });
    expect(await inbox.counter.moved()).toBe(1);
  });
});

test("the record is the first of the batch: of a repetition's own statements none is run", async () => {
  const id = crypto.randomUUID();
  const insert = () => env.DB.prepare("INSERT INTO counters (id, moved) VALUES (?, 0)").bind(id);
  const inbox = await startInbox({ receive: () => ({ writes: [insert()] }) });
  expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
  expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
  expect(inbox.events[1]).not.toHaveProperty("error");
});

describe("a failure leaves nothing behind, and the repetition is taken in", () => {
  test("a statement of the app", async () => {
    let by = -1;
    const other = await createCounter();
    const inbox = await startInbox({
      receive: () => ({ writes: [other.move(), inbox.counter.move(by)] }),
    });
    const answer = await inbox.send({ id: "msg_1" });
    expect(answer).toMatchObject({ status: 500, body: { code: "internal_error" } });
    expect(JSON.stringify(answer.body)).not.toContain("counters");
    expect(inbox.events).toMatchObject([{ event: "inbox.failed", error: expect.stringContaining("CHECK") }]);
    expect(await inbox.receipts()).toEqual([]);
    expect(await other.moved()).toBe(0);

    by = 1;
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect([await other.moved(), await inbox.counter.moved()]).toEqual([1, 1]);
  });

  test.each(OWN_WORDS)("a trigger of the app, also where it says: %s", async (words) => {
    const counter = await createCounter();
    await env.DB.prepare(
      `CREATE TRIGGER refuse_${counter.id.replaceAll("-", "")} BEFORE UPDATE ON counters WHEN NEW.id = '${counter.id}'
       BEGIN SELECT RAISE(ABORT, '${words}'); END`,
    ).run();
    const inbox = await startInbox({ receive: () => ({ writes: [counter.move()] }) });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject({
      status: 500,
      body: { code: "internal_error" },
    });
    expect(await inbox.receipts()).toEqual([]);
  });

  test("a UNIQUE constraint of the app's own is no duplicate", async () => {
    const counter = await createCounter();
    const again = () => env.DB.prepare("INSERT INTO counters (id, moved) VALUES (?, 0)").bind(counter.id);
    const inbox = await startInbox({ receive: () => ({ writes: [again()] }) });
    expect(await inbox.send()).toMatchObject({ status: 500, body: { code: "internal_error" } });
    expect(await inbox.receipts()).toEqual([]);
  });

  test("`receive` itself", async () => {
    let ready = false;
    const inbox = await startInbox({
      receive: async () => {
        if (!ready) throw new Error("not yet");
        return { writes: [inbox.counter.move()] };
      },
    });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject({ status: 500 });
    expect(await inbox.receipts()).toEqual([]);
    ready = true;
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(TAKEN);
    expect(await inbox.counter.moved()).toBe(1);
  });
});

const LOST = "D1_ERROR: Network connection lost.";
const OVERLOADED = "D1_ERROR: D1 DB is overloaded. Requests queued for too long.";

/** The database; its first batch is committed or not, and answered with this error. What it is asked by itself may fail too. */
function losingDb({ committed, text, deaf = false }: { committed: boolean; text: string; deaf?: boolean }) {
  let batches = 0;
  const asked: string[] = [];
  const failing = { bind: () => failing, first: () => Promise.reject(new Error(text)) };
  const db: Database = {
    prepare: (query) => {
      if (query.startsWith("SELECT")) asked.push(query);
      return deaf && query.startsWith("SELECT") ? (failing as unknown as Statement) : env.DB.prepare(query);
    },
    batch: async <T>(statements: Statement[]) => {
      if (++batches > 1) return env.DB.batch<T>(statements);
      if (committed) await env.DB.batch(statements);
      throw new Error(text);
    },
  };
  return { db, asked };
}

describe("when D1 does not answer", () => {
  test.each(D1_WORDS.lost)("and has committed, the record says so: %s", async (words) => {
    const lost = `D1_ERROR: ${words}`;
    const { db } = losingDb({ committed: true, text: lost });
    const inbox = await startInbox({ database: () => db });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
    expect(inbox.events).toMatchObject([
      { event: "inbox.received", error: expect.stringContaining(words.slice(0, 40)) },
    ]);
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
    expect(await inbox.counter.moved()).toBe(1);
  });

  test.each([
    ["has not committed", false, LOST, false, TAKEN],
    ["has not committed, and is not heard again", false, LOST, true, TAKEN],
    ["has committed, and is not heard again", true, LOST, true, DUPLICATE],
    ["is overloaded", false, OVERLOADED, false, TAKEN],
    ...D1_WORDS.full.map((words): [string, boolean, string, boolean, object] => [
      `has no room (${words})`,
      false,
      `D1_ERROR: ${words}`,
      false,
      TAKEN,
    ]),
  ])("and %s: 503, and the repetition makes it once", async (_, committed, text, deaf, repeated) => {
    const { db, asked } = losingDb({ committed, text, deaf });
    const inbox = await startInbox({ database: () => db });
    const answer = await inbox.send({ id: "msg_1" });
    expect(answer).toMatchObject({ status: 503, body: { code: "storage_unavailable" } });
    expect(answer.headers.get("retry-after")).toBe(String(inboxLimits.retryAfterSeconds));
    // Who has too much to do is not asked for more.
    expect(asked).toHaveLength(text === OVERLOADED ? 0 : 1);
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(repeated);
    expect(await inbox.counter.moved()).toBe(1);
  });
});

describe("an id is forgotten", () => {
  const remember = (source: string, ...receipts: [id: string, receivedAt: number][]) =>
    env.DB.batch(
      receipts.map(([webhookId, receivedAt]) => insertReceipt(env.DB, { source, webhookId, receivedAt })),
    );

  test("when it was received longer ago than it is to be remembered, to the millisecond; two with each new one", async () => {
    const inbox = await startInbox({ rememberDays: 7 });
    const edge = inbox.world.now - 7 * DAY_MS;
    await remember(
      inbox.source,
      ["new", edge],
      ["old-1", edge - 1],
      ["old-2", edge - 2],
      ["old-3", edge - 3],
    );
    await inbox.send({ id: "x1" });
    expect(await inbox.receipts()).toEqual(["new", "old-1", "x1"]);
    await inbox.send({ id: "x2" });
    expect(await inbox.receipts()).toEqual(["new", "x1", "x2"]);
    inbox.world.now++;
    await inbox.send({ id: "x3" });
    expect(await inbox.receipts()).toEqual(["x1", "x2", "x3"]);
  });

  test("by its own source only: another one may remember for longer", async () => {
    const [short, long] = [await startInbox({ rememberDays: 1 }), await startInbox()];
    await remember(long.source, ["old", short.world.now - 50 * DAY_MS]);
    await short.send();
    await long.send({ id: "x" });
    expect(await long.receipts()).toEqual(["old", "x"]);
  });

  test("not by a duplicate", async () => {
    const inbox = await startInbox();
    await inbox.send({ id: "x" });
    await remember(inbox.source, ["old", 1]);
    expect(await inbox.send({ id: "x" })).toMatchObject(DUPLICATE);
    expect(await inbox.receipts()).toEqual(["old", "x"]);
  });

  test("later than an outbox, as it is set up by default, can send it again", () => {
    const retriesMs = DEFAULT_RETRY_SCHEDULE.reduce((sum, seconds) => sum + seconds, 0) * 1000;
    const { deadRetentionMs } = readConfig(env);
    const untilPurgedMs = retriesMs * (1 + limits.jitter) + deadRetentionMs + limits.purgeEveryMs;
    expect(inboxLimits.rememberDays * DAY_MS).toBeGreaterThan(untilPurgedMs);
  });
});

describe("the costs", () => {
  const fill = async (source: string, count: number, receivedAt: number) => {
    const rows = Array.from({ length: count }, (_, n) => n);
    await env.DB.prepare(
      `INSERT INTO outbox_inbox (source, webhook_id, received_at)
       SELECT ?1, 'old-' || value, ?2 + value FROM json_each(?3)`,
    )
      .bind(source, receivedAt, JSON.stringify(rows))
      .run();
  };

  test("one round trip and two rows a webhook; what follows from it comes on top", async () => {
    const { db, bill } = countingDb(env.DB);
    const inbox = await startInbox({ database: () => db });
    await inbox.send();
    expect(await inbox.counter.moved()).toBe(1);
    expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: 2 + 1 });
  });

  test("no row for a duplicate", async () => {
    const { db, bill } = countingDb(env.DB);
    const inbox = await startInbox({ database: () => db });
    await inbox.send({ id: "msg_1" });
    const { roundTrips, rowsWritten } = bill;
    await inbox.send({ id: "msg_1" });
    expect(bill).toMatchObject({ roundTrips: roundTrips + 1, rowsWritten });
  });

  test("one row for each id that is forgotten; and it reads no more when there are thousands of them", async () => {
    const bills = [];
    for (const count of [2, 5000]) {
      const { db, bill } = countingDb(env.DB);
      const inbox = await startInbox({ database: () => db, receive: () => undefined });
      await fill(inbox.source, count, 1);
      await inbox.send();
      expect(await inbox.receipts()).toHaveLength(count - 2 + 1);
      bills.push(bill);
    }
    expect(bills[0]).toMatchObject({ roundTrips: 1, rowsWritten: 2 + 2 });
    expect(bills[1]?.rowsWritten).toBe(bills[0]?.rowsWritten);
    // The second sees that there is a third.
    expect(bills[1]?.rowsRead).toBeLessThanOrEqual((bills[0]?.rowsRead ?? 0) + 1);
  });

  test("and it reads no more when thousands are remembered", async () => {
    const bills = [];
    for (const count of [1, 5000]) {
      const { db, bill } = countingDb(env.DB);
      const inbox = await startInbox({ database: () => db, receive: () => undefined });
      await fill(inbox.source, count, inbox.world.now - DAY_MS);
      await inbox.send();
      bills.push(bill);
    }
    expect(bills[1]).toEqual(bills[0]);
    expect(bills[0]?.rowsRead).toBeLessThan(5);
  });

  test("every statement finds its rows by the primary key or by the index", async () => {
    const explaining: Database = {
      prepare: (query) => env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`),
      batch: () => Promise.reject(new Error("not here")),
    };
    const receipt = { source: "s", webhookId: "w", receivedAt: 1 };
    const planOf = async (statement: Statement) =>
      (await statement.all<{ detail: string }>()).results.map(({ detail }) => detail);
    const forget = await planOf(deleteOldReceipts(explaining, { source: "s", before: 1, limit: 2 }));
    expect(forget.filter((detail) => detail.includes("outbox_inbox"))).toEqual([
      "SEARCH outbox_inbox USING PRIMARY KEY (source=? AND webhook_id=?)",
      "SEARCH outbox_inbox USING COVERING INDEX outbox_inbox_received (source=? AND received_at<?)",
    ]);
    expect(forget.filter((detail) => /SCAN outbox_inbox|TEMP B-TREE/.test(detail))).toEqual([]);
    expect(await planOf(selectReceipt(explaining, receipt))).toEqual([
      "SEARCH outbox_inbox USING PRIMARY KEY (source=? AND webhook_id=?)",
    ]);
  });

  test("the table is STRICT and WITHOUT ROWID, so that a row costs a row", async () => {
    const { results } = await env.DB.prepare("PRAGMA table_list").all<{
      name: string;
      wr: number;
      strict: number;
    }>();
    expect(results.find(({ name }) => name === "outbox_inbox")).toMatchObject({ wr: 1, strict: 1 });
  });
});
