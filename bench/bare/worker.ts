/**
 * Floors that the outbox is measured against: a route that writes two rows in one D1 batch, and the hops of a delivery without a
 * database. Nothing is checked, signed, claimed, settled or tried again.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  DB: D1Database;
  RELAY: DurableObjectNamespace<TenantRelay>;
  WEBHOOK_QUEUE: Queue<Task>;
}

interface Task {
  url: string;
  body: string;
}

/** Hands a task on to the queue. */
export class TenantRelay extends DurableObject<Env> {
  async pass(task: Task): Promise<void> {
    await this.env.WEBHOOK_QUEUE.send(task);
  }
}

/** As many as a consumer of the outbox has. */
const SENDS = 5;

const app = new Hono<{ Bindings: Env }>();

app.get("/health", (c) => c.json({}));

app.post("/setup", async (c) => {
  await c.env.DB.batch([
    c.env.DB.prepare(
      "CREATE TABLE bare_messages (id TEXT PRIMARY KEY, tenant_id TEXT, type TEXT, payload TEXT)",
    ),
    c.env.DB.prepare(
      "CREATE TABLE bare_deliveries (message_id TEXT PRIMARY KEY, state TEXT, due_at INTEGER)",
    ),
  ]);
  return c.json({});
});

app.post("/v1/tenants/:tenant/messages", async (c) => {
  const { eventType, payload } = await c.req.json<{ eventType: string; payload: unknown }>();
  const id = crypto.randomUUID();
  await c.env.DB.batch([
    c.env.DB.prepare("INSERT INTO bare_messages (id, tenant_id, type, payload) VALUES (?, ?, ?, ?)").bind(
      id,
      c.req.param("tenant"),
      eventType,
      JSON.stringify(payload),
    ),
    c.env.DB.prepare("INSERT INTO bare_deliveries (message_id, state, due_at) VALUES (?, 'pending', ?)").bind(
      id,
      Date.now(),
    ),
  ]);
  return c.json({ id }, 202);
});

let held: Task[] = [];

app.post("/hold", async (c) => {
  held = await c.req.json();
  return c.json({});
});

app.post("/release", async (c) => {
  const tasks = held.values();
  const send = async () => {
    for (const task of tasks) await post(task);
  };
  await Promise.all(Array.from({ length: SENDS }, send));
  return c.json({});
});

app.post("/pass", async (c) => {
  const url = c.req.query("to") ?? "";
  const body = await c.req.text();
  c.executionCtx.waitUntil(c.env.RELAY.getByName("one").pass({ url, body }));
  return c.json({}, 202);
});

async function post({ url, body }: Task): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body });
  await response.body?.cancel();
}

export default {
  fetch: app.fetch,
  async queue(batch) {
    await Promise.all(batch.messages.map(({ body }) => post(body)));
  },
} satisfies ExportedHandler<Env, Task>;
