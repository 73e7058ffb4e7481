import { element } from "./element.js";
import { operationItem } from "./operations.js";

/** @typedef {import("../src/status.ts").OrderStatus} OrderStatus */
/** @typedef {import("../src/status.ts").Step} Step */

const EURO = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** @type {Record<OrderStatus["state"], string>} */
const STATES = {
  pending: "Payment pending",
  paid: "Paid",
  cancelled: "Cancelled",
  "needs attention": "Needs attention",
};
/** @type {Record<Step["name"], string>} */
const STEPS = {
  accepted: "Accepted",
  charging: "Charging",
  paid: "Paid",
  cancelled: "Cancelled",
  emailed: "E-mails sent",
  shipped: "Shipped",
};
/** @type {Record<Step["state"], string>} */
const SPOKEN = { done: "done", active: "under way", waiting: "not yet", failed: "failed" };

/** An order in the list. It is filled anew whenever something has changed; what is opened stays open. */
export class OrderCard {
  root = element("li", "order");
  /** @type {OrderStatus | undefined} */
  status;
  #header = element("header", "");
  #steps = element("ol", "steps");
  #summary = element("summary", "");
  #operations = element("ol", "operations");
  #shown = "";

  constructor() {
    const trace = element("details", "trace", this.#summary, this.#operations);
    this.root.append(this.#header, this.#steps, trace);
  }

  /** Nothing moves any more. */
  get isSettled() {
    return this.status?.settled === true;
  }

  /**
   * Answers whether the order has another state than before.
   * @param {OrderStatus} status
   */
  show(status) {
    const text = JSON.stringify(status);
    if (text === this.#shown) return false;
    this.#shown = text;
    const hasMoved = this.status?.state !== status.state;
    this.status = status;
    this.#header.replaceChildren(...headerOf(status));
    this.#steps.replaceChildren(...status.steps.map(stepItem));
    const { length } = status.operations;
    this.#summary.textContent = `What the outbox has on record (${length})`;
    this.#operations.replaceChildren(...status.operations.map((one) => operationItem(one, status.placedAt)));
    return hasMoved;
  }

  get spoken() {
    return this.status ? `${this.status.product}: ${STATES[this.status.state]}` : "";
  }
}

/** @param {OrderStatus} status */
function headerOf({ product, amountCents, placedAt, state }) {
  return [
    element("h3", "", product),
    element("span", "meta", `${EURO.format(amountCents / 100)}, ${TIME.format(new Date(placedAt))}`),
    element("span", `badge ${state.replace(" ", "-")}`, STATES[state]),
  ];
}

/** @param {Step} step */
function stepItem({ name, state, detail }) {
  const label = element("strong", "", STEPS[name], element("span", "visually-hidden", `: ${SPOKEN[state]}`));
  const item = element("li", `step ${state}`, label, element("small", "", detail));
  if (state === "active") item.setAttribute("aria-current", "step");
  return item;
}
