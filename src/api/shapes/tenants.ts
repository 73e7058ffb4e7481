import { z } from "@hono/zod-openapi";
import { instant } from "./parts.ts";

export const tenantShape = z
  .object({
    id: z.string().openapi({ example: "acme" }),
    name: z.string().nullable().openapi({ example: "Acme Inc." }),
    state: z.enum(["active", "paused"]).openapi({
      description: "`paused`: commits are accepted, and nothing is sent.",
      example: "active",
    }),
    createdAt: instant,
  })
  .openapi("Tenant");
