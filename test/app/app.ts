/** An app with the outbox in its own Worker: what the tests of this folder run against. */
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { Hono } from "hono";
import { createApi } from "../../src/create-api.ts";
import { createOutbox, email, event, giveUp, type OutboxEnv, retryIn, work } from "../../src/index.ts";
import { payloadSchemas } from "../../src/schemas/payload-schemas.ts";

export interface Env extends OutboxEnv {
  /** Under another name than the outbox expects. */
  DB: D1Database;
}

interface Names {
  events: { "order.placed": { id: string }; "order.paid": { id: string } };
  work: { "charge-card": { orderId: string; card: string } };
}

export const orders = sqliteTable("app_orders", {
  id: text("id").primaryKey(),
  state: text("state").notNull(),
  /** How often it was charged, by the statements of the handler. */
  charges: integer("charges").notNull().default(0),
});

/** How often the subscriber has seen an order, and in which order the events came. */
export const sightings = sqliteTable("app_sightings", {
  id: integer("id").primaryKey(),
  orderId: text("order_id").notNull(),
  eventType: text("event_type").notNull(),
});

export const TABLES = `
  CREATE TABLE IF NOT EXISTS app_orders (id TEXT PRIMARY KEY, state TEXT NOT NULL, charges INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS app_emails (key TEXT PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS app_sightings (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, event_type TEXT NOT NULL);`;

export const outbox = createOutbox<Env, Names>({
  payloadSchemas,
  createTenants: true,
  // A provider of the app's own: it keeps what it is to send.
  email: (env) => ({
    async send({ to, subject, idempotencyKey }) {
      const insert =
        "INSERT INTO app_emails (key, recipient, subject) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
      await env.DB.prepare(insert).bind(idempotencyKey, to.join(), subject).run();
      return { kind: "accepted", httpStatus: null, excerpt: "kept" };
    },
  }),
  handlers: {
    "charge-card": async ({ message, attempt, env }) => {
      const { orderId, card } = message.payload;
      if (card === "stolen") return giveUp("The card was stolen");
      if (card === "slow" && attempt === 1) return retryIn(0.01, "The bank is thinking");
      if (card === "broken" && attempt === 1) throw new Error("The bank is down");
      const charged = { state: "paid", charges: sql`${orders.charges} + 1` };
      return {
        writes: [drizzle(env.DB).update(orders).set(charged).where(eq(orders.id, orderId))],
        messages: [
          event("order.paid", { id: orderId }, { orderingKey: orderId }),
          email({ to: "ada@example.com", subject: "Paid", text: `We have charged ${orderId}.` }),
        ],
      };
    },
  },
  subscribers: {
    watch: {
      on: ["order.placed", "order.paid"],
      handle: ({ message, env }) => ({
        writes: [
          drizzle(env.DB)
            .insert(sightings)
            .values({ orderId: message.payload.id, eventType: message.eventType }),
        ],
      }),
    },
  },
});

export class TenantRelay extends outbox.TenantRelay {}

const app = new Hono<{ Bindings: Env }>();

app.mount("/outbox", createApi(outbox).fetch);

app.post("/:tenant/orders", async (c) => {
  const { id, card } = await c.req.json<{ id: string; card: string }>();
  const { messages, writes } = await outbox(c.env).commit(c.req.param("tenant"), {
    writes: [drizzle(c.env.DB).insert(orders).values({ id, state: "pending" })],
    messages: [
      event("order.placed", { id }, { orderingKey: id }),
      work("charge-card", { orderId: id, card }, { orderingKey: id }),
    ],
  });
  return c.json({ messages, rows: writes.map(({ meta }) => meta.changes) }, 202);
});

export default {
  fetch: app.fetch,
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<Env>;
