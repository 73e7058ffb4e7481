import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Message } from "edge-outbox/client";
import { Refusal } from "./door.ts";
import { readMessagesOf } from "./messages-of-order.ts";
import type { ShopEnv } from "./outbox.ts";
import { type Order, orders } from "./schema.ts";

/** An order, as its customer sees it. */
export interface OrderStatus {
  id: string;
  product: string;
  amountCents: number;
  placedAt: string;
  /**
   * `needs attention`: charging was given up, or called off by a person, and nobody knows whether the card was charged. No row says
   * so: it follows from the delivery on record, and ends when a person replays that.
   */
  state: Order["state"] | "needs attention";
  steps: Step[];
  /** Nothing is under way any more. */
  settled: boolean;
  operations: Operation[];
}

export interface Step {
  name: "accepted" | "charging" | "paid" | "cancelled" | "emailed" | "shipped";
  state: "done" | "active" | "waiting" | "failed";
  detail: string;
}

/** Something that the outbox does because of the order, as it has it on record. */
export interface Operation {
  messageId: string;
  name: string;
  channel: string;
  state: string;
  nextAttemptAt: string | null;
  attempts: {
    number: number;
    startedAt: string;
    durationMs: number;
    outcome: string;
    answer: string | null;
  }[];
}

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
    settled: operations.every(({ state }) => isSettled(state)),
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

function stepsOf(state: OrderStatus["state"], operations: readonly Operation[]): Step[] {
  return [
    { name: "accepted", state: "done", detail: "" },
    chargingStep(state, operations),
    ...outcomeSteps(state, operations),
  ];
}

function chargingStep(state: OrderStatus["state"], operations: readonly Operation[]): Step {
  const charging = operations.find(({ name }) => name === "charge-card");
  const made = charging?.attempts.length ?? 0;
  if (state === "needs attention")
    return {
      name: "charging",
      state: "failed",
      detail: `given up after ${made} attempts; we are looking into it`,
    };
  if (state === "pending") return { name: "charging", state: "active", detail: `attempt ${made + 1}` };
  return { name: "charging", state: "done", detail: made > 1 ? `${made} attempts` : "" };
}

function outcomeSteps(state: OrderStatus["state"], operations: readonly Operation[]): Step[] {
  const emails = operations.filter(({ channel }) => channel === "email");
  const sent = emails.filter(({ state }) => state === "delivered").length;
  const isOpen = state === "pending" || state === "needs attention";
  const emailed: Step = {
    name: "emailed",
    state: isOpen ? "waiting" : stateOf(emails),
    detail: `${sent} of ${isOpen ? 2 : emails.length}`,
  };
  if (state === "cancelled")
    return [{ name: "cancelled", state: "failed", detail: "the card was declined" }, emailed];
  const shipping = operations.filter(({ name, channel }) => name === "order.paid" && channel === "webhook");
  return [
    { name: "paid", state: state === "paid" ? "done" : "waiting", detail: "" },
    emailed,
    { name: "shipped", state: shipping.length === 0 ? "waiting" : stateOf(shipping), detail: "" },
  ];
}

function stateOf(operations: readonly Operation[]): Step["state"] {
  if (operations.some(({ state }) => !isSettled(state))) return "active";
  return operations.every(({ state }) => state === "delivered") ? "done" : "failed";
}

function isSettled(state: string): boolean {
  return state !== "pending" && state !== "leased";
}
