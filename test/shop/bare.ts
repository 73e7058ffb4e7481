/** The app before it had an outbox. */
import { DurableObject } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { orders } from "./orders.ts";

/** Stands where wrangler.toml names the class of the outbox. */
export class TenantRelay extends DurableObject {}

export default {
  async fetch(request, env) {
    const db = drizzle(env.DB);
    if (request.method === "GET") return Response.json(await db.select().from(orders));
    const order = (await request.json()) as { id: string; total: number };
    await db.batch([
      db.insert(orders).values(order),
      db.update(orders).set({ charged: 1 }).where(eq(orders.id, order.id)),
    ]);
    return Response.json(order, { status: 201 });
  },
} satisfies ExportedHandler<{ DB: D1Database }>;
