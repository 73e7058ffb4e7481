import { z } from "@hono/zod-openapi";
import { CALLERS } from "../../domain/audit.ts";
import { ROLES } from "../../platform/roles.ts";
import type { AuditTrace } from "../../trace/audit.ts";
import { count, instantOf, toIso } from "../answer-fields.ts";

const subjectShape = z
  .object({
    endpoint: z
      .string()
      .optional()
      .openapi({ description: "Endpoint id.", example: "ep_frynvjak525rczpvhfer" }),
    message: z
      .string()
      .optional()
      .openapi({ description: "Message id.", example: "msg_hgvs9km9q7nq3nb43zh2ew" }),
    token: z.string().optional().openapi({ description: "Token id.", example: "tok_9m3kd7wqz5v1c8b2x4hn" }),
    eventType: z.string().optional().openapi({ description: "Event type.", example: "order.placed" }),
    messages: z
      .array(z.string())
      .optional()
      .openapi({
        description: "Messages that the request has named.",
        example: ["msg_hgvs9km9q7nq3nb43zh2ew"],
      }),
    secretRotated: z
      .literal(true)
      .optional()
      .openapi({ description: "A webhook's signing secret was made anew, or replaced.", example: true }),
  })
  .openapi("AuditSubject");

export const auditShape = z
  .object({
    id: z.string().openapi({ description: "Id of the entry.", example: "aud_4y8rkq2vtb6m0c9xw3hd" }),
    at: instantOf("When it was made."),
    tenantId: z
      .string()
      .openapi({ description: "Tenant that was changed, or whose things were.", example: "acme" }),
    operation: z
      .string()
      .openapi({ description: "Its `operationId` in this document.", example: "rotateSecret" }),
    caller: z.enum(CALLERS).openapi({
      description: "`operator`, a `token` of the tenant, or the `app`, through the library.",
      example: "operator",
    }),
    callerId: z.string().nullable().openapi({
      description: "An operator's name, or a token's id. Tenants are not told the name.",
      example: "ada",
    }),
    role: z.enum(ROLES).nullable().openapi({ description: "The operator's role.", example: "admin" }),
    subject: subjectShape.openapi({ description: "What it concerns, by ids." }),
    affected: count.openapi({
      description: "How many tenants, tokens, endpoints, event types or deliveries were changed.",
      example: 1,
    }),
    address: z.string().nullable().openapi({
      description:
        "IP address of the client; null where it is not known. Tenants are not told the operator's.",
      example: "203.0.113.7",
    }),
    requestId: z.string().nullable().openapi({
      description: "The `x-request-id`, as in the log.",
      example: "2f0c8a1e-6d0b-4a7e-9f3e-1f7a3f9f6a55",
    }),
  })
  .openapi("AuditEntry");

/** Who of the operator's people acts, and from where, is none of a tenant's business. */
export function presentAudit(entry: AuditTrace, forTenant: boolean) {
  const hidden = forTenant && entry.caller === "operator" && { callerId: null, address: null };
  return { ...entry, ...hidden, at: toIso(entry.at) };
}
