import { byId, element } from "./element.js";
import { connectForm } from "./form.js";
import { OrderCard } from "./order-card.js";

const STORED = "orders";
const LOOK_EVERY_MS = 700;

/** The visitor's orders, newest first, as this browser remembers them. @type {Map<string, OrderCard>} */
const cards = new Map();
const list = byId("order-list", HTMLElement);
const notice = byId("notice", HTMLElement);
const spoken = byId("spoken", HTMLElement);

connectForm("purchase", "/purchases", {
  prefix: "",
  accepted({ orderId }) {
    addOrder(orderId);
    return "Accepted: your payment is pending.";
  },
});
connectForm("registration", "/registrations", {
  prefix: "registration-",
  accepted: () => "You are registered, and a welcome is on its way.",
});

for (const orderId of readStored().toReversed()) addOrder(orderId);
watch();

/** @param {string} orderId */
function addOrder(orderId) {
  if (cards.has(orderId)) return;
  const card = new OrderCard();
  card.root.append(element("span", "visually-hidden", orderId));
  cards.set(orderId, card);
  list.prepend(card.root);
  store();
}

/** @param {string} orderId */
function forget(orderId) {
  cards.get(orderId)?.root.remove();
  cards.delete(orderId);
  store();
}

async function watch() {
  for (;;) {
    const moving = [...cards].filter(([, card]) => !card.isSettled);
    const answered = await Promise.all(moving.map(([orderId, card]) => look(orderId, card)));
    const isSilent = answered.includes(false);
    notice.hidden = !isSilent;
    notice.textContent = isSilent
      ? "The shop does not answer. What it has accepted is safe; looking again …"
      : "";
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/**
 * Answers whether the shop has answered.
 * @param {string} orderId
 * @param {OrderCard} card
 */
async function look(orderId, card) {
  try {
    const response = await fetch(`/orders/${encodeURIComponent(orderId)}`);
    // The example begins anew each time it is started, and this browser may remember the last time.
    if (response.status === 404) forget(orderId);
    else if (!response.ok) return false;
    else if (card.show(await response.json())) spoken.textContent = card.spoken;
    return true;
  } catch {
    return false;
  }
}

/** @returns {string[]} newest first */
function readStored() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function store() {
  byId("no-orders", HTMLElement).hidden = cards.size > 0;
  localStorage.setItem(STORED, JSON.stringify([...cards.keys()].toReversed()));
}
