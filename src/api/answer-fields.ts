import { z } from "@hono/zod-openapi";
import { CHANNELS } from "../domain/states.ts";

/** Fields that answers of several resources have. */

export const instantShape = z.iso.datetime().openapi({ example: "2026-11-23T22:08:38.595Z" });
/** An instant field with its description. */
export const instantOf = (description: string) => instantShape.openapi({ description });
export const count = z.int().min(0);

export const messageId = z
  .string()
  .openapi({ description: "Id of the message.", example: "msg_hgvs9km9q7nq3nb43zh2ew" });
export const endpointId = z
  .string()
  .openapi({ description: "Id of the endpoint.", example: "ep_frynvjak525rczpvhfer" });
export const channel = z.enum(CHANNELS).openapi({ description: "Way of delivering.", example: "webhook" });
export const committedAt = instantOf("Instant of the commit.");
export const sequence = z.int().openapi({
  description: "Position of the message among the tenant's commits: 1, 2, 3 … without a gap.",
  example: 1,
});
export const eventType = z
  .string()
  .openapi({ description: "Kind of fact that the message tells.", example: "order.placed" });
export const orderingKey = z.string().nullable().openapi({
  description:
    "Deliveries of one endpoint with an equal ordering key go out in commit order. Null: in any order.",
  example: null,
});
