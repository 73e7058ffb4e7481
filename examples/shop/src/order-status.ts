import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Message } from "edge-outbox/client";
import { Refusal } from "./door.ts";
import { readMessagesOf } from "./messages-of-order.ts";
import type { ShopEnv } from "./outbox.ts";
import { orders } from "./schema.ts";
import type { Operation, OrderStatus } from "./status.ts";
import { isOver, isSettled, stepsOf } from "./steps.ts";

export async function readOrderStatus(env: ShopEnv, orderId: string): Promise<OrderStatus> {
  const [order] = await drizzle(env.DB).select().from(orders).where(eq(orders.id, orderId));
  if (!order) throw new Refusal(404, `There is no order ${orderId}.`);
  const operations = (await readMessagesOf(env, order)).flatMap(operationsOf);
  const state = order.state === "pending" && isGivenUp(operations) ? "needs attention" : order.state;
  const { id, product, amountCents } = order;
  return {
    id,
    product,
    amountCents,
    placedAt: order.placedAt.toISOString(),
    state,
    steps: stepsOf(state, operations),
    settled: isOver(state) && operations.every(({ state }) => isSettled(state)),
    operations,
  };
}

function isGivenUp(operations: readonly Operation[]): boolean {
  return operations.some(
    ({ name, state }) => name === "charge-card" && ["dead", "cancelled"].includes(state),
  );
}

function operationsOf(message: Message): Operation[] {
  return message.deliveries.map(({ channel, endpointId, state, dueAt, attempts }) => ({
    messageId: message.id,
    name: nameOf(message, endpointId),
    channel,
    state,
    nextAttemptAt: state === "pending" ? dueAt : null,
    attempts: attempts.map(
      ({ number, startedAt, durationMs, outcome, httpStatus, error, responseExcerpt }) => ({
        number,
        startedAt,
        durationMs,
        outcome,
        answer: outcome === "delivered" ? null : (responseExcerpt ?? error ?? `HTTP ${httpStatus}`),
      }),
    ),
  }));
}

function nameOf({ eventType, payload }: Message, endpointId: string): string {
  if (eventType === "work") return endpointId.replace("ep_handler_", "");
  if (eventType !== "email") return eventType;
  return (payload as { subject: string }).subject.replace(/ \(ord_.*$/, "");
}
