/** An app that has installed the package. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import {
  createOutbox,
  event,
  giveUp,
  type OutboxEnv,
  OutboxError,
  type OutboxOptions,
  retryIn,
  work,
} from "edge-outbox";
import { orders } from "./orders.ts";

export interface ShopEnv extends OutboxEnv {
  DB: D1Database;
}

interface Names {
  events: { "order.placed": { id: string; total: number } };
  work: { charge: { id: string; total: number } };
}

/** The outbox of the app, with more options or without. */
export function createShop(more: Pick<OutboxOptions<ShopEnv, Names>, "payloadSchemas"> = {}) {
  return createOutbox<ShopEnv, Names>({
    ...more,
    handlers: {
      charge: ({ message, attempt, env }) => {
        const { id, total } = message.payload;
        if (total < 0) return giveUp("There is nothing to charge");
        if (total === 0 && attempt === 1) return retryIn(0.1, "The price is not known yet");
        return { writes: [drizzle(env.DB).update(orders).set({ charged: 1 }).where(eq(orders.id, id))] };
      },
    },
  });
}

type Shop = ReturnType<typeof createShop>;

/** Its own paths. */
export async function answer(outbox: Shop, request: Request, env: ShopEnv): Promise<Response> {
  const db = drizzle(env.DB);
  if (request.method === "GET") return Response.json(await db.select().from(orders));
  const order = (await request.json()) as { id: string; total: number };
  try {
    const { messages, duplicate } = await outbox(env).commit("acme", {
      idempotencyKey: `order-${order.id}`,
      writes: [db.insert(orders).values(order)],
      messages: [event("order.placed", order, { orderingKey: order.id }), work("charge", order)],
    });
    return Response.json({ messages, duplicate }, { status: 202 });
  } catch (error) {
    if (!(error instanceof OutboxError)) throw error;
    return Response.json({ name: error.name, code: error.code }, { status: 422 });
  }
}
