/** E-mails to customers. An order's e-mails share its ordering key: "paid" does not overtake "we have it". */
import { email } from "edge-outbox";
import { priceOf } from "./catalogue.ts";
import type { Customer, Order } from "./schema.ts";

export function orderReceivedEmail(order: Order) {
  const words = `we have your order of "${order.product}" for ${priceOf(order.amountCents)}. Your payment is on its way; we write again when it has arrived.`;
  return orderEmail(order, "We have your order", words);
}

export function orderPaidEmail(order: Order) {
  return orderEmail(order, "Paid", `your payment has arrived, and "${order.product}" is being packed.`);
}

export function orderCancelledEmail(order: Order, reason: string) {
  const words = `your order of "${order.product}" is cancelled: ${reason} Nothing was charged. You are welcome to try another card.`;
  return orderEmail(order, "Cancelled", words);
}

export function welcomeEmail(customer: Customer) {
  return email({
    to: customer.email,
    subject: "Welcome to the Corner Roastery",
    text: letter(customer.name, "it is good to have you here."),
  });
}

function orderEmail(order: Order, subject: string, words: string) {
  const content = {
    to: order.customerEmail,
    subject: `${subject} (${order.id})`,
    text: letter(order.customerName, words),
  };
  return { ...email(content), orderingKey: order.id };
}

function letter(name: string, words: string): string {
  return `Dear ${name},\n\n${words}\n\nThe Corner Roastery`;
}
