import { answerOf, createClient, type Message } from "edge-outbox/client";
import { api, outbox, SHOP, type ShopEnv } from "./outbox.ts";
import type { Order } from "./schema.ts";

/** The last of an order's messages are committed with its settling, give or take what D1 takes. */
const SETTLING_MS = 60_000;

/** The outbox's record of an order, oldest first: the trace of each of its messages. */
export async function readMessagesOf(env: ShopEnv, order: Order): Promise<Message[]> {
  const client = createClient("http://outbox", {
    token: env.OPERATOR_TOKEN ?? "",
    fetch: async (input, init) => api.fetch(new Request(input, init), env),
  });
  const { messages } = client.v1.tenants[":tenant"];
  const { id: orderingKey, placedAt, settledAt } = order;
  // The list looks only through what was committed between the two.
  const since = placedAt.toISOString();
  const until = settledAt ? new Date(settledAt.getTime() + SETTLING_MS).toISOString() : undefined;
  const query = { orderingKey, since, ...(until && { until }) };
  const { data } = await answerOf(messages.$get({ param: { tenant: SHOP }, query }));
  return Promise.all(data.toReversed().map(({ id }) => outbox(env).messages.get(SHOP, id)));
}
