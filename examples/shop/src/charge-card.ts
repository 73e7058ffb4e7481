import { and, eq } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { event, giveUp, type HandlersOf } from "edge-outbox";
import { orderCancelledEmail, orderPaidEmail } from "./emails.ts";
import type { ShopNames } from "./facts.ts";
import type { ShopEnv } from "./outbox.ts";
import { requestCharge } from "./payment-api.ts";
import { type Charge, charges, type Order, orders } from "./schema.ts";

type ChargeCard = HandlersOf<ShopEnv, ShopNames>["charge-card"];

/**
 * Charges an order's card. It may be called again and again, and die anywhere. Its effects are committed in the batch
 * that records its success, so there is no moment at which the order is paid and the rest is forgotten.
 */
export const chargeCard: ChargeCard = async ({ message, signal, env }) => {
  const db = drizzle(env.DB);
  const { orderId } = message.payload;
  const found = await readOrder(db, orderId);
  if (!found) return giveUp(`There is no order ${orderId}.`);
  const { order, charge } = found;
  // Somebody has replayed it. A settled order is neither charged nor announced again.
  if (order.state !== "pending") return;

  const answer = await requestCharge(env.PAYMENTS_URL, charge, signal);

  switch (answer.kind) {
    case "charged":
      return pay(db, order, charge, answer.paymentId);
    case "declined":
      return cancel(db, order, charge, answer.reason);
    case "refused":
      // No repetition changes it: a dead letter, which a person sees.
      return giveUp(answer.reason);
  }
};

async function readOrder(db: DrizzleD1Database, orderId: string) {
  const query = db.select({ order: orders, charge: charges }).from(orders);
  const [found] = await query
    .innerJoin(charges, eq(charges.orderId, orders.id))
    .where(eq(orders.id, orderId));
  return found;
}

function pay(db: DrizzleD1Database, order: Order, charge: Charge, paymentId: string) {
  const { id: orderId, product, customerName: recipient } = order;
  return {
    writes: [
      settleOrder(db, order, "paid"),
      db.update(charges).set({ state: "succeeded", paymentId }).where(eq(charges.id, charge.id)),
    ],
    messages: [
      event("order.paid", { orderId, product, recipient }, { orderingKey: orderId }),
      orderPaidEmail(order),
    ],
  };
}

function cancel(db: DrizzleD1Database, order: Order, charge: Charge, reason: string) {
  const { id: orderId } = order;
  return {
    writes: [
      settleOrder(db, order, "cancelled"),
      db.update(charges).set({ state: "declined" }).where(eq(charges.id, charge.id)),
    ],
    messages: [
      event("order.cancelled", { orderId, reason }, { orderingKey: orderId }),
      orderCancelledEmail(order, reason),
    ],
  };
}

function settleOrder(db: DrizzleD1Database, { id }: Order, state: "paid" | "cancelled") {
  const isPending = and(eq(orders.id, id), eq(orders.state, "pending"));
  return db.update(orders).set({ state, settledAt: new Date() }).where(isPending);
}
