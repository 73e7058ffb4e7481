import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { api, event, type OutboxEnv, outbox, queue, TenantRelay as Relay, scheduled } from "edge-outbox";

const orders = sqliteTable("orders", { id: text("id").primaryKey(), total: integer("total").notNull() });

// A class, and not the value alone: the types that `wrangler types` makes name it as a type.
export class TenantRelay extends Relay {}

export default {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/orders") return api.fetch(request, env, ctx);
    const order = (await request.json()) as { id: string; total: number };
    const { messages, duplicate } = await outbox(env, ctx).commit("acme", {
      idempotencyKey: `order-${order.id}`,
      writes: [drizzle(env.DB).insert(orders).values(order)],
      messages: [event("order.placed", order, { orderingKey: order.id })],
    });
    const stored = await drizzle(env.DB).select().from(orders);
    return Response.json({ messages, duplicate, stored }, { status: 202 });
  },
  queue,
  scheduled,
} satisfies ExportedHandler<OutboxEnv>;
