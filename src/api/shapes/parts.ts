import { z } from "@hono/zod-openapi";
import { limits } from "../../platform/limits.ts";

export const instant = z.iso.datetime().openapi({ example: "2026-11-23T22:08:38.595Z" });
/** The instant of what the field says. */
export const instantOf = (description: string) => instant.openapi({ description });
export const count = z.int().min(0);

/** A page of a list. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "The entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Where the next page begins; null when there is none. A page with filters can have fewer entries than `limit`, or none, and another one after it.",
    }),
  });
}

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}, in digits`;

export const pageQuery = z.object({
  limit: z
    .string({ error: NOT_A_SIZE })
    .regex(/^\d+$/, { error: NOT_A_SIZE })
    .transform(Number)
    .refine((size) => size >= 1 && size <= limits.pageSizeMax, { error: NOT_A_SIZE })
    .default(limits.pageSize)
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: limits.pageSizeMax,
      default: limits.pageSize,
      description: "How many entries, at most.",
      example: 50,
    }),
  cursor: z.string().optional().openapi({ description: "The `nextCursor` of the page before." }),
});

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
