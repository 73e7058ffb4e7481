import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openSecret, secretPlace } from "../../src/domain/endpoint-secrets.ts";
import { inbox, type PayloadFormat } from "../../src/inbox/inbox.ts";
import { event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { applyInboxMigrations, receiptsOf } from "../support/outside/inbox.ts";
import { never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";
import { World } from "../support/world.ts";

interface OrderPlaced {
  orderId: string;
  total: number;
}

const URL = "https://shop.example.com/webhooks";

let world: World;
let tenant: string;

beforeAll(async () => {
  await applyInboxMigrations();
  await env.DB.exec(
    "CREATE TABLE received_orders (n INTEGER PRIMARY KEY, id TEXT NOT NULL, total INTEGER NOT NULL)",
  );
});

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(async () => {
  vi.useRealTimers();
  await checkInvariants(env.DB, tenant);
});

/** A Worker with an inbox, and the outbox that sends to it through its webhook channel. `lose` says of which answers nothing is heard. */
async function connect(lose: (n: number) => boolean, payloadFormat: PayloadFormat = "standard") {
  const source = `outbox-${tenant}`;
  const endpoint = await world.createEndpoint(tenant, { url: URL, payloadFormat });
  const row = await env.DB.prepare("SELECT secret FROM outbox_endpoints WHERE tenant_id = ? AND id = ?")
    .bind(tenant, endpoint)
    .first<string>("secret");
  const secret = await openSecret(world.vault, row ?? "", secretPlace(tenant, endpoint));

  const answers: unknown[] = [];
  const events: unknown[] = [];
  const receiver = new Hono<{ Bindings: Cloudflare.Env }>();
  receiver.post(
    "/webhooks",
    inbox<Cloudflare.Env, OrderPlaced>({
      secrets: () => secret,
      source,
      payloadFormat,
      receive: ({ eventType, occurredAt, payload: { orderId, total }, env }) => {
        events.push([eventType, occurredAt]);
        const insert = env.DB.prepare("INSERT INTO received_orders (id, total) VALUES (?, ?)");
        return { writes: [insert.bind(orderId, total)] };
      },
    }),
  );

  const fetchReceiver = async (...args: Parameters<typeof fetch>) => {
    vi.setSystemTime(world.now);
    const response = await receiver.fetch(new Request(...args), env);
    answers.push([response.status, await response.clone().json()]);
    if (lose(answers.length)) throw new TypeError("Network connection lost.");
    return response;
  };
  const channel = webhooksWith({ fetch: fetchReceiver as typeof fetch, allowLoopback: false });
  world.answer = (dispatch) => channel.deliver(dispatch, never());
  vi.useFakeTimers({ toFake: ["Date"], now: world.now });
  return { source, answers, events };
}

const orderPlaced = (orderId: string, total: number) =>
  event("order.placed", { orderId, total } satisfies OrderPlaced);

const ordersOf = async (...ids: string[]) =>
  (
    await env.DB.prepare(
      "SELECT id, total FROM received_orders WHERE id IN (SELECT value FROM json_each(?)) ORDER BY n",
    )
      .bind(JSON.stringify(ids))
      .all()
  ).results;

test("from one Worker's D1 to another's exactly once, although the first two answers are lost", async () => {
  const { source, answers, events } = await connect((n) => n <= 2);
  const order = crypto.randomUUID();
  const committedAt = new Date(world.now);
  const { messages } = await world.commit(tenant, { messages: [orderPlaced(order, 42)] });
  await world.runUntilIdle(tenant);

  expect(answers).toEqual([
    [200, { duplicate: false }],
    [200, { duplicate: true }],
    [200, { duplicate: true }],
  ]);
  expect(world.sent.map(({ messageId }) => messageId)).toEqual(Array(3).fill(messages[0]?.id));
  // The event happened once, however often it was sent.
  expect(events).toEqual(Array(3).fill(["order.placed", committedAt]));
  expect(await ordersOf(order)).toEqual([{ id: order, total: 42 }]);
  expect(await receiptsOf(source)).toEqual([messages[0]?.id]);
  expect(await statesOf(tenant)).toEqual(["delivered"]);
});

test("a raw payload arrives as well, and says nothing of its event", async () => {
  const { answers, events } = await connect(() => false, "raw");
  const order = crypto.randomUUID();
  await world.commit(tenant, { messages: [orderPlaced(order, 42)] });
  await world.runUntilIdle(tenant);
  expect(answers).toEqual([[200, { duplicate: false }]]);
  expect(events).toEqual([[null, null]]);
  expect(await ordersOf(order)).toEqual([{ id: order, total: 42 }]);
});

test("every message of many, each once, whichever answers are lost", async () => {
  const { source, answers } = await connect((n) => n % 3 === 0);
  const orders = Array.from({ length: 20 }, () => crypto.randomUUID());
  for (const order of orders) await world.commit(tenant, { messages: [orderPlaced(order, 1)] });
  await world.runUntilIdle(tenant);

  expect(answers.length).toBeGreaterThan(20);
  expect(await ordersOf(...orders)).toHaveLength(20);
  expect(await receiptsOf(source)).toHaveLength(20);
  expect(await statesOf(tenant)).toEqual(Array(20).fill("delivered"));
});
