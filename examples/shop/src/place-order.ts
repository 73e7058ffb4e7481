import { drizzle } from "drizzle-orm/d1";
import { event, work } from "edge-outbox";
import { CATALOGUE } from "./catalogue.ts";
import type { PurchaseInput } from "./door.ts";
import { orderReceivedEmail } from "./emails.ts";
import { idFrom } from "./ids.ts";
import { outbox, SHOP, type ShopEnv } from "./outbox.ts";
import { type Charge, charges, type Order, orders } from "./schema.ts";

/**
 * A purchase, accepted: the order, the charge that it owes, and everything that must follow are one batch. If this Worker
 * dies before it, nothing has happened; after it, nothing can be forgotten. Answers the order's id.
 */
export async function placeOrder(env: ShopEnv, key: string, purchase: PurchaseInput): Promise<string> {
  const order = await draftOrder(key, purchase);
  const charge = draftCharge(order, purchase.paymentMethod);
  const { id: orderId, product, amountCents } = order;
  const db = drizzle(env.DB);

  await outbox(env).commit(SHOP, {
    idempotencyKey: orderId,
    writes: [db.insert(orders).values(order), db.insert(charges).values(charge)],
    messages: [
      event("order.placed", { orderId, product, amountCents }, { orderingKey: orderId }),
      orderReceivedEmail(order),
      work("charge-card", { orderId }, { orderingKey: orderId }),
    ],
  });
  return orderId;
}

async function draftOrder(key: string, { product, name, email }: PurchaseInput): Promise<Order> {
  const { name: productName, amountCents } = CATALOGUE[product];
  return {
    id: await idFrom(key, "ord"),
    product: productName,
    amountCents,
    customerName: name,
    customerEmail: email,
    state: "pending",
    placedAt: new Date(),
    settledAt: null,
  };
}

function draftCharge({ id: orderId, amountCents }: Order, paymentMethod: string): Charge {
  const id = orderId.replace("ord_", "ch_");
  return { id, orderId, amountCents, paymentMethod, state: "pending", paymentId: null };
}
