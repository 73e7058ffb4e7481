import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { event, OutboxError } from "../../src/index.ts";
import type { CommitRequest } from "../../src/outbox/commit.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows } from "../support/database/rows.ts";
import { applyInboxMigrations, createCounter, startInbox } from "../support/outside/inbox.ts";
import { deployed as outbox } from "../support/worker/outbox.ts";
import { World } from "../support/world.ts";

let tenant = "";

beforeAll(applyInboxMigrations);
beforeEach(async () => {
  tenant = await new World(env.DB).createTenant();
});
afterEach(() => checkInvariants(env.DB, tenant));

/** An inbox whose webhooks are passed on by the outbox of the same Worker, as an app writes it. */
async function startPassing(request: Partial<CommitRequest> = {}, db: Database = env.DB) {
  const counter = await createCounter();
  const inbox = await startInbox({
    database: () => db,
    receive: ({ payload }) => ({
      writes: [counter.move()],
      commit: (writes) =>
        outbox({ ...env, DB: db as D1Database }).commit(tenant, {
          writes,
          messages: [event("order.paid", payload)],
          ...request,
        }),
    }),
  });
  return { ...inbox, counter };
}

const DUPLICATE = { status: 200, body: { duplicate: true } };

describe("a webhook that is passed on", () => {
  test("is on record, with the app's rows and the messages, in one transaction; a duplicate adds nothing", async () => {
    const inbox = await startPassing();
    expect(await inbox.send({ id: "msg_1" })).toMatchObject({ status: 200, body: { duplicate: false } });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject(DUPLICATE);
    expect(inbox.events[1]).not.toHaveProperty("error");
    expect(await inbox.receipts()).toEqual(["msg_1"]);
    expect(await inbox.counter.moved()).toBe(1);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("of twenty at once one is", async () => {
    const inbox = await startPassing();
    const answers = await Promise.all(Array.from({ length: 20 }, () => inbox.send({ id: "msg_1" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers.filter(({ body }) => !body.duplicate)).toHaveLength(1);
    expect(await inbox.counter.moved()).toBe(1);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("and refused by the outbox leaves nothing behind", async () => {
    const inbox = await startPassing({ messages: [event("not an event type", {})] });
    expect(await inbox.send({ id: "msg_1" })).toMatchObject({
      status: 500,
      body: { code: "internal_error" },
    });
    expect(inbox.events).toMatchObject([{ error: expect.stringContaining("OutboxError") }]);
    expect(await inbox.receipts()).toEqual([]);
    expect(await inbox.counter.moved()).toBe(0);
  });

  test("and not taken on by the outbox for now is to be sent again soon", async () => {
    const inbox = await startInbox({
      receive: () => ({ commit: () => Promise.reject(new OutboxError({ code: "storage_unavailable" })) }),
    });
    const answer = await inbox.send();
    expect(answer).toMatchObject({ status: 503, body: { code: "storage_unavailable" } });
    expect(answer.headers.has("retry-after")).toBe(true);
  });

  test.each([
    ["without an idempotency key", {}],
    ["with one", { idempotencyKey: "once" }],
  ])("%s, when D1 does not answer: the repetition makes it once", async (_, request) => {
    for (const committed of [true, false]) {
      tenant = await new World(env.DB).createTenant();
      let batches = 0;
      const db: Database = {
        prepare: (query) => env.DB.prepare(query),
        batch: async <T>(statements: D1PreparedStatement[]) => {
          // An isolate that has not seen the tenant yet is refused first, and reads; that batch writes nothing.
          const results = committed || batches > 0 ? await env.DB.batch<T>(statements) : [];
          if (batches++ === 0) throw new Error("D1_ERROR: Network connection lost.");
          return results;
        },
      };
      const inbox = await startPassing(request, db);
      const first = await inbox.send({ id: "msg_1" });
      if (first.status !== 200) expect(first).toMatchObject({ status: 503 });
      const second = await inbox.send({ id: "msg_1" });
      expect(second.status).toBe(200);
      expect([first, second].filter(({ body }) => body.duplicate === false)).toHaveLength(1);
      expect(await inbox.receipts()).toEqual(["msg_1"]);
      expect(await inbox.counter.moved()).toBe(1);
      expect(await countRows("messages", tenant)).toBe(1);
    }
  });
});
