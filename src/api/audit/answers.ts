import { z } from "@hono/zod-openapi";
import { CALLERS } from "../../domain/audit.ts";
import { ROLES } from "../../platform/roles.ts";
import { count, instantOf } from "../answer-fields.ts";

const subjectShape = z
  .object({
    endpoint: z
      .string()
      .optional()
      .openapi({ description: "Id of the endpoint.", example: "ep_frynvjak525rczpvhfer" }),
    message: z
      .string()
      .optional()
      .openapi({ description: "Id of the message.", example: "msg_hgvs9km9q7nq3nb43zh2ew" }),
    token: z
      .string()
      .optional()
      .openapi({ description: "Id of the token.", example: "tok_9m3kd7wqz5v1c8b2x4hn" }),
    eventType: z
      .string()
      .optional()
      .openapi({ description: "Name of the event type.", example: "order.placed" }),
    session: z
      .string()
      .optional()
      .openapi({ description: "Session of the portal, as its link named it.", example: "3f9c" }),
    recipient: z.string().optional().openapi({
      description: "Address that was suppressed or unsubscribed, or is no longer.",
      example: "ada@example.com",
    }),
    topic: z
      .string()
      .optional()
      .openapi({ description: "Topic that it was unsubscribed from.", example: "newsletter" }),
    messages: z
      .array(z.string())
      .optional()
      .openapi({
        description: "Ids of the messages that the request named.",
        example: ["msg_hgvs9km9q7nq3nb43zh2ew"],
      }),
    secretRotated: z.literal(true).optional().openapi({
      description: "True: the signing secret of a webhook was rotated or replaced.",
      example: true,
    }),
  })
  .openapi("AuditSubject");

export const auditShape = z
  .object({
    id: z.string().openapi({ description: "Id of the entry.", example: "aud_4y8rkq2vtb6m0c9xw3hd" }),
    at: instantOf("Instant of creation."),
    tenantId: z.string().openapi({
      description: "Id of the tenant that was changed, or that owns the changed resource.",
      example: "acme",
    }),
    operation: z.string().openapi({
      description: "`operationId` of the operation, as in this document.",
      example: "rotateSecret",
    }),
    caller: z.enum(CALLERS).openapi({
      description:
        "Kind of caller: the `operator`, a `token` of the tenant, or the `app` through the library.",
      example: "operator",
    }),
    callerId: z.string().nullable().openapi({
      description:
        "Name of the operator, id of the token, or name of the member whom the app has signed in to the portal. A tenant is not told the operator's name.",
      example: "ada",
    }),
    role: z
      .enum(ROLES)
      .nullable()
      .openapi({ description: "Role of the operator. Null for other callers.", example: "admin" }),
    subject: subjectShape.openapi({ description: "Ids of the resources that the entry is about." }),
    affected: count.openapi({
      description: "Number of tenants, tokens, endpoints, event types or deliveries changed.",
      example: 1,
    }),
    address: z.string().nullable().openapi({
      description: "IP address of the client. Null: unknown. A tenant is not told the operator's address.",
      example: "203.0.113.7",
    }),
    requestId: z.string().nullable().openapi({
      description: "`x-request-id` of the request, as in the log.",
      example: "2f0c8a1e-6d0b-4a7e-9f3e-1f7a3f9f6a55",
    }),
  })
  .openapi("AuditEntry");
