import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { consumeEvents } from "../../src/email-events/consume-events.ts";
import { failingDb } from "../support/faults/failing-db.ts";
import { World } from "../support/world.ts";

let world: World;

beforeEach(() => {
  world = new World(env.DB);
});

const tools = (db = world.db) => {
  const { clock, random, log, systemEventsTenant } = world;
  return { db, clock, random, log, systemEventsTenant, wake: () => {} };
};

const arrival = (eventId: string) => ({
  type: "cf.email.sending.message.delivered",
  payload: { eventId, messageId: crypto.randomUUID(), recipient: "ada@example.com" },
});

/** Items of the queue, and how each was answered. */
function items(bodies: readonly unknown[], attempts = 1) {
  const answers: (string | number)[] = bodies.map(() => "none");
  const answer = (n: number, given: string | number) => void answers.splice(n, 1, given);
  const made = bodies.map((body, n) => ({
    body,
    attempts,
    ack: () => answer(n, "ack"),
    retry: ({ delaySeconds }: { delaySeconds: number }) => answer(n, delaySeconds),
  }));
  return { answers, items: made };
}

test("a batch is handed out again, whole, when D1 does not answer, and acknowledged when it does", async () => {
  const failing = failingDb(env.DB, { after: 0, message: "D1_ERROR: Network connection lost." });
  const first = items([arrival("e1"), null]);
  await consumeEvents(tools(failing), first.items);
  expect(first.answers).toEqual([5, 5]);
  expect(world.events).toContainEqual(expect.objectContaining({ event: "email_events.failed" }));
  const second = items([arrival("e1"), null], 2);
  await consumeEvents(tools(), second.items);
  expect(second.answers).toEqual(["ack", "ack"]);
});

test("its retries outlast an outage: each waits twice as long, up to an hour", async () => {
  const failing = failingDb(env.DB, { after: 0, message: "D1_ERROR: Network connection lost." });
  const waits = [];
  for (const attempts of [1, 2, 3, 10, 11, 100]) {
    const { answers, items: made } = items([arrival("e1")], attempts);
    await consumeEvents(tools(failing), made);
    waits.push(...answers);
  }
  expect(waits).toEqual([5, 10, 20, 2560, 3600, 3600]);
});

test("one event that the database refuses keeps no other of its batch out", async () => {
  const bad = new WeakSet<object>();
  const prepare = (query: string) => {
    const statement = env.DB.prepare(query);
    const bind = (...values: unknown[]) => {
      const bound = statement.bind(...values);
      if (values.some((value) => String(value).includes("e-bad"))) bad.add(bound);
      return bound;
    };
    return Object.assign(Object.create(statement), { bind });
  };
  const batch = async (statements: D1PreparedStatement[]) => {
    if (statements.some((one) => bad.has(one))) throw new Error("D1_ERROR: no: SQLITE_CONSTRAINT");
    return env.DB.batch(statements);
  };
  const { answers, items: made } = items([arrival("e-1"), arrival("e-bad"), arrival("e-2"), null]);
  await consumeEvents(tools({ prepare, batch } as never), made);
  expect(answers).toEqual(["ack", 5, "ack", "ack"]);
  const { results } = await env.DB.prepare(
    "SELECT id FROM outbox_email_unmatched WHERE id LIKE '% e-%' ORDER BY id",
  ).all();
  expect(results.map(({ id }) => id)).toEqual(["cloudflare e-1", "cloudflare e-2"]);
});
