import { z } from "@hono/zod-openapi";
import type { TenantState } from "../../domain/states.ts";
import type { Tenant } from "../../registry/tenants.ts";
import { instantOf, toIso } from "../answer-fields.ts";

export const tenantShape = z
  .object({
    id: z.string().openapi({ description: "As it was chosen.", example: "acme" }),
    name: z.string().nullable().openapi({ description: "For people.", example: "Acme Inc." }),
    state: z.enum(["active", "paused"]).openapi({
      description: "`paused`: commits are accepted, and nothing is sent.",
      example: "active",
    }),
    quota: z
      .object({
        messagesPerDay: z.int().optional().openapi({ description: "Messages.", example: 10_000 }),
        bytesPerDay: z.int().optional().openapi({ description: "Bytes of payloads.", example: 10_000_000 }),
        deliveriesPerDay: z.int().optional().openapi({ description: "Deliveries.", example: 50_000 }),
        emailsPerDay: z.int().optional().openapi({ description: "E-mails.", example: 1000 }),
      })
      .nullable()
      .openapi({ description: "How much it may commit in a day. Null: as much as it likes." }),
    createdAt: instantOf("When it was made."),
  })
  .openapi("Tenant");

export function presentTenant(tenant: Pick<Tenant, "id" | "name" | "state" | "createdAt" | "quota">) {
  const { id, name, quota, createdAt } = tenant;
  // A deleted one is never found.
  const state = tenant.state as Exclude<TenantState, "deleted">;
  return { id, name, state, quota, createdAt: toIso(createdAt) };
}
