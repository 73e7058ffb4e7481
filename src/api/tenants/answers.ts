import { z } from "@hono/zod-openapi";
import { instantOf } from "../answer-fields.ts";

export const tenantShape = z
  .object({
    id: z
      .string()
      .openapi({ description: "Id of the tenant, as chosen when it was created.", example: "acme" }),
    name: z.string().nullable().openapi({ description: "Name to show to people.", example: "Acme Inc." }),
    state: z.enum(["active", "paused"]).openapi({
      description:
        "State of the tenant. `active`: deliveries are sent. `paused`: commits are accepted, and deliveries wait.",
      example: "active",
    }),
    quota: z
      .object({
        messagesPerDay: z.int().optional().openapi({ description: "Messages per day.", example: 10_000 }),
        bytesPerDay: z
          .int()
          .optional()
          .openapi({ description: "Bytes of payloads per day.", example: 10_000_000 }),
        deliveriesPerDay: z.int().optional().openapi({ description: "Deliveries per day.", example: 50_000 }),
        emailsPerDay: z.int().optional().openapi({ description: "E-mails per day.", example: 1000 }),
      })
      .nullable()
      .openapi({ description: "Limits of the commits of one day, in UTC. Null: no limit." }),
    notifyEmail: z.string().nullable().openapi({
      description:
        "Address that gets an e-mail when one of the tenant's endpoints is disabled by its own answers. Null: none.",
      example: "ada@example.com",
    }),
    senders: z
      .array(z.string())
      .nullable()
      .openapi({
        description:
          "Addresses as which its e-mails may be sent beside `EMAIL_FROM`, or `*@` and a domain. Null: `EMAIL_FROM` alone with a token of the tenant, and any sender with an operator's.",
        example: ["shop@acme.example", "*@mail.acme.example"],
      }),
    createdAt: instantOf("Instant of creation."),
  })
  .openapi("Tenant");
