/** The steps of an order that light up, one after the other. */
import type { Operation, OrderStatus, Step } from "./status.ts";

type State = OrderStatus["state"];

export function stepsOf(state: State, operations: readonly Operation[]): Step[] {
  const accepted: Step = { name: "accepted", state: "done", detail: "" };
  const steps = [accepted, chargingStep(state, operations)];
  if (state === "cancelled") {
    return [...steps, { name: "cancelled", state: "failed", detail: "" }, emailedStep(state, operations)];
  }
  const paid: Step = { name: "paid", state: state === "paid" ? "done" : "waiting", detail: "" };
  return [...steps, paid, emailedStep(state, operations), shippedStep(operations)];
}

function chargingStep(state: State, operations: readonly Operation[]): Step {
  const name = "charging";
  const made = operations.find(({ name }) => name === "charge-card")?.attempts.length ?? 0;
  const counted = made === 1 ? "1 attempt" : `${made} attempts`;
  switch (state) {
    case "pending":
      return { name, state: "active", detail: `attempt ${made + 1}` };
    case "needs attention":
      return { name, state: "failed", detail: `given up after ${counted}: we are looking into it` };
    case "cancelled":
      return { name, state: "done", detail: "the card was declined" };
    case "paid":
      return { name, state: "done", detail: counted };
  }
}

/** One e-mail says that the order is there, another how it has ended. */
function emailedStep(state: State, operations: readonly Operation[]): Step {
  const emails = operations.filter(({ channel }) => channel === "email");
  const sent = emails.filter(({ state }) => state === "delivered").length;
  return { name: "emailed", state: isOver(state) ? stateOf(emails) : "waiting", detail: `${sent} of 2` };
}

/** Shipped means: fulfilment has answered, and so its row is there. */
function shippedStep(operations: readonly Operation[]): Step {
  const told = operations.filter(({ name, channel }) => name === "order.paid" && channel === "webhook");
  return { name: "shipped", state: told.length === 0 ? "waiting" : stateOf(told), detail: "" };
}

function stateOf(operations: readonly Operation[]): Step["state"] {
  if (operations.some(({ state }) => !isSettled(state))) return "active";
  return operations.every(({ state }) => state === "delivered") ? "done" : "failed";
}

export function isOver(state: State): boolean {
  return state === "paid" || state === "cancelled";
}

export function isSettled(deliveryState: string): boolean {
  return deliveryState !== "pending" && deliveryState !== "leased";
}
