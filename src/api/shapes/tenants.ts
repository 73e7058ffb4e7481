import { z } from "@hono/zod-openapi";

import { instantOf } from "./parts.ts";

export const tenantShape = z
  .object({
    id: z.string().openapi({ description: "As it was chosen.", example: "acme" }),
    name: z.string().nullable().openapi({ description: "For people.", example: "Acme Inc." }),
    state: z.enum(["active", "paused"]).openapi({
      description: "`paused`: commits are accepted, and nothing is sent.",
      example: "active",
    }),
    createdAt: instantOf("When it was made."),
  })
  .openapi("Tenant");
