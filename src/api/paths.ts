import { z } from "@hono/zod-openapi";

/** Paths that operations stand under, by the ids in them. */

const pathParam = (name: string, description: string, example: string) =>
  z.string().openapi({ param: { name, in: "path" }, description, example });

export const tenantPath = z.object({ tenant: pathParam("tenant", "The tenant's id.", "acme") });
export const endpointPath = tenantPath.extend({
  endpoint: pathParam("endpoint", "The endpoint's id.", "ep_frynvjak525rczpvhfer"),
});
export const messagePath = tenantPath.extend({
  message: pathParam("message", "The message's id.", "msg_hgvs9km9q7nq3nb43zh2ew"),
});
export const deliveryPath = messagePath.extend({
  endpoint: pathParam("endpoint", "The endpoint's id.", "ep_frynvjak525rczpvhfer"),
});
export const tokenPath = tenantPath.extend({
  token: pathParam("token", "The token's id.", "tok_9m3kd7wqz5v1c8b2x4hn"),
});
export const eventTypePath = tenantPath.extend({
  eventType: pathParam("eventType", "The event type's name.", "order.placed"),
});
