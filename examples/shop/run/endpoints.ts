import { answerOf, createClient } from "../../../src/client/client.ts";

const OFFICE = "office@shop.example";

/**
 * The shop's endpoints, registered over its mounted API: fulfilment hears of paid orders, and the office by e-mail of
 * every delivery that was given up. Answers the secret that fulfilment verifies with; it is shown this once.
 */
export async function registerEndpoints(
  shopUrl: string,
  token: string,
  fulfilmentUrl: string,
): Promise<string> {
  const { tenants } = createClient(`${shopUrl}/outbox`, { token }).v1;
  const param = { tenant: "shop" };
  await answerOf(tenants.$post({ json: { id: param.tenant, name: "The Corner Roastery" } }));
  const { endpoints } = tenants[":tenant"];
  const url = `${fulfilmentUrl}/webhooks/shop`;
  const hook = { channel: "webhook" as const, url, eventTypes: ["order.paid"] };
  const { secret } = await answerOf(endpoints.$post({ param, json: hook }));
  const alarm = { channel: "email" as const, address: OFFICE, eventTypes: ["message.attempt.exhausted"] };
  await answerOf(endpoints.$post({ param, json: alarm }));
  if (secret === undefined) throw new Error("A new webhook endpoint has a secret");
  return secret;
}
