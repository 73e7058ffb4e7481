/** Another Worker, of another team: it hears of paid orders, and ships each of them once. */
import { drizzle } from "drizzle-orm/d1";
import { inbox } from "edge-outbox/inbox";
import { Hono } from "hono";
import type { OrderPaid } from "../src/facts.ts";
import { shipments } from "./schema.ts";

interface FulfilmentEnv {
  DB: D1Database;
  /** Secret with which the shop's outbox signs, shown when the endpoint was registered. */
  WEBHOOK_SECRET: string;
}

const app = new Hono<{ Bindings: FulfilmentEnv }>();

app.post(
  "/webhooks/shop",
  inbox<FulfilmentEnv, OrderPaid>({
    source: "shop",
    secrets: (env) => env.WEBHOOK_SECRET,
    // The row commits together with the record that this webhook was received: a repetition changes nothing.
    receive: ({ payload, env }) => {
      const { orderId, product, recipient } = payload;
      const shipment = { orderId, product, recipient, receivedAt: new Date() };
      return { writes: [drizzle(env.DB).insert(shipments).values(shipment)] };
    },
  }),
);

app.get("/health", (c) => c.json({ status: "ok" }));

export default app;
