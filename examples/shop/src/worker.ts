/**
 * The shop. A purchase walks through the files in this order: door → place-order → charge-card → order-status, and what was
 * paid goes on to ../fulfilment.
 */
import { Hono } from "hono";
import { purchaseInput, readBody, readIdempotencyKey, refuse, registrationInput } from "./door.ts";
import { readOrderStatus } from "./order-status.ts";
import { api, outbox, type ShopEnv } from "./outbox.ts";
import { placeOrder } from "./place-order.ts";
import { registerCustomer } from "./register-customer.ts";

const app = new Hono<{ Bindings: ShopEnv }>();

app.post("/purchases", async (c) => {
  const orderId = await placeOrder(c.env, readIdempotencyKey(c), await readBody(c, purchaseInput));
  const statusUrl = `/orders/${orderId}`;
  c.header("location", statusUrl);
  return c.json({ orderId, status: "payment pending", statusUrl }, 202);
});

app.post("/registrations", async (c) => {
  const customerId = await registerCustomer(
    c.env,
    readIdempotencyKey(c),
    await readBody(c, registrationInput),
  );
  return c.json({ customerId }, 201);
});

app.get("/orders/:id", async (c) => {
  c.header("cache-control", "no-store");
  return c.json(await readOrderStatus(c.env, c.req.param("id")));
});

app.onError(refuse);

// The outbox's own API: who holds the operator's token registers endpoints, and looks after dead letters.
app.mount("/outbox", api.fetch);
app.get("/health", (c) => api.fetch(c.req.raw, c.env));

export const TenantRelay = outbox.TenantRelay;

export default {
  fetch: app.fetch,
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<ShopEnv>;
