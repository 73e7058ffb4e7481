import { z } from "@hono/zod-openapi";

/** Paths that operations stand under, by the ids in them. */

const pathParam = (name: string, description: string, example: string) =>
  z.string().openapi({ param: { name, in: "path" }, description, example });

export const tenantPath = z.object({ tenant: pathParam("tenant", "Id of the tenant.", "acme") });
export const endpointPath = tenantPath.extend({
  endpoint: pathParam("endpoint", "Id of the endpoint.", "ep_frynvjak525rczpvhfer"),
});
export const messagePath = tenantPath.extend({
  message: pathParam("message", "Id of the message.", "msg_hgvs9km9q7nq3nb43zh2ew"),
});
export const deliveryPath = messagePath.extend({
  endpoint: pathParam("endpoint", "Id of the endpoint.", "ep_frynvjak525rczpvhfer"),
});
export const tokenPath = tenantPath.extend({
  token: pathParam("token", "Id of the token.", "tok_9m3kd7wqz5v1c8b2x4hn"),
});
export const eventTypePath = tenantPath.extend({
  eventType: pathParam("eventType", "Name of the event type.", "order.placed"),
});
