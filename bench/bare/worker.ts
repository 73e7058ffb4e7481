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

app.post("/pass", async (c) => {
  const url = c.req.query("to") ?? "";
  const body = await c.req.text();
  c.executionCtx.waitUntil(c.env.RELAY.getByName("one").pass({ url, body }));
  return c.json({}, 202);
});

export default {
  fetch: app.fetch,
  async queue(batch) {
    const headers = { "content-type": "application/json" };
    const send = async ({ body: { url, body } }: Message<Task>) => {
      const response = await fetch(url, { method: "POST", headers, body });
      await response.body?.cancel();
    };
    await Promise.all(batch.messages.map(send));
  },
} satisfies ExportedHandler<Env, Task>;
