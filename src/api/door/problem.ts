import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { faultOf } from "../../db/database.ts";
import { type Failure, type FieldError, OutboxError, problemType } from "../../platform/errors.ts";
import { type DoorCode, DoorError, secondsUntil } from "./door-error.ts";

interface Problem {
  status: ContentfulStatusCode;
  title: string;
}

/** The one place that knows which HTTP status an error has. */
const PROBLEMS: Record<ProblemCode, Problem> = {
  invalid_input: { status: 422, title: "Invalid input" },
  payload_too_large: { status: 413, title: "Payload too large" },
  sender_not_allowed: { status: 403, title: "Sender not allowed" },
  tenant_not_found: { status: 404, title: "Tenant not found" },
  tenant_deleted: { status: 409, title: "Tenant deleted" },
  endpoint_not_found: { status: 404, title: "Endpoint not found" },
  endpoint_limit_reached: { status: 409, title: "Endpoint limit reached" },
  endpoint_disabled: { status: 409, title: "Endpoint disabled" },
  delivery_not_found: { status: 404, title: "Delivery not found" },
  delivery_settled: { status: 409, title: "Delivery settled" },
  delivery_not_settled: { status: 409, title: "Delivery not settled" },
  content_wiped: { status: 409, title: "Content wiped" },
  delivery_not_blocking: { status: 409, title: "Delivery not blocking" },
  delivery_not_waiting: { status: 409, title: "Delivery not waiting" },
  delivery_not_dead: { status: 409, title: "Delivery not dead" },
  message_not_found: { status: 404, title: "Message not found" },
  token_not_found: { status: 404, title: "Token not found" },
  token_limit_reached: { status: 409, title: "Token limit reached" },
  token_revoked: { status: 401, title: "Token revoked" },
  link_used: { status: 409, title: "Link used before" },
  link_expired: { status: 410, title: "Link expired" },
  event_type_not_found: { status: 404, title: "Event type not found" },
  event_type_exists: { status: 409, title: "Event type exists" },
  event_type_limit_reached: { status: 409, title: "Event type limit reached" },
  suppression_limit_reached: { status: 409, title: "Suppression limit reached" },
  unsubscribe_limit_reached: { status: 409, title: "Unsubscribe limit reached" },
  version_conflict: { status: 412, title: "Changed meanwhile" },
  secret_keys_missing: { status: 503, title: "No secret keys" },
  request_unanswered: { status: 409, title: "Answer not known" },
  idempotency_conflict: { status: 409, title: "Idempotency key used before" },
  quota_exceeded: { status: 429, title: "Quota exceeded" },
  outcome_unknown: { status: 503, title: "Outcome unknown" },
  storage_full: { status: 507, title: "Storage full" },
  storage_unavailable: { status: 503, title: "Storage unavailable" },
  malformed_json: { status: 400, title: "Malformed JSON" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  body_too_large: { status: 413, title: "Body too large" },
  body_timeout: { status: 408, title: "Body too slow" },
  unauthorized: { status: 401, title: "Unauthorized" },
  session_ended: { status: 401, title: "Session ended" },
  operator_token_missing: { status: 503, title: "No operator token" },
  forbidden: { status: 403, title: "Forbidden" },
  rate_limited: { status: 429, title: "Too many requests" },
  overloaded: { status: 503, title: "Overloaded" },
  uri_too_long: { status: 414, title: "Address too long" },
  headers_too_large: { status: 431, title: "Headers too large" },
  loop_detected: { status: 508, title: "Loop detected" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  route_not_found: { status: 404, title: "No such route" },
  internal_error: { status: 500, title: "Internal error" },
};

export type ProblemCode = Failure["code"] | DoorCode;
const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

export function statusOf(code: ProblemCode): number {
  return PROBLEMS[code].status;
}

/** RFC 9457. `docs/reference/problems.md` tells of each code. */
export const problemShape = z
  .object({
    type: z.string().openapi({
      description: "`code` as a URI.",
      example: "urn:problem-type:edge-outbox:invalid_input",
    }),
    title: z.string().openapi({ description: "`code` in words.", example: "Invalid input" }),
    status: z.int().openapi({ description: "HTTP status of the answer.", example: 422 }),
    detail: z.string().openapi({
      description: "Explanation of this occurrence, for people.",
      example: "eventType: must be text, and not a number",
    }),
    code: z.enum(PROBLEM_CODES).openapi({
      description: "Stable code, by which programs tell problems apart.",
      example: "invalid_input",
    }),
    errors: z
      .array(
        z.object({
          path: z.string().openapi({ description: "Path of the field, as `items[0].price`." }),
          message: z.string().openapi({ description: "Fault of the field, or the values that it takes." }),
        }),
      )
      .optional()
      .openapi({
        description: "Invalid fields, the first 20 of them. An empty path stands for the body itself.",
        example: [{ path: "eventType", message: "must be text, and not a number" }],
      }),
    requestId: z
      .string()
      .openapi({ description: "Id of the request, also in the header `x-request-id` and in the log." }),
  })
  .openapi("Problem");

/** The error as an RFC 9457 problem document. A foreign error gets a code, but its words are not shown. */
export function problemFor(error: unknown, c: Context): Response {
  const { code, detail, fields } = explain(error);
  const { status, title } = PROBLEMS[code];
  const body = {
    type: problemType(code),
    title,
    status,
    detail,
    code,
    ...(fields && { errors: fields }),
    ...(error instanceof DoorError && error.members),
    requestId: c.get("requestId"),
  };
  c.header("content-type", "application/problem+json");
  if (status === 401) c.header("www-authenticate", 'Bearer realm="edge-outbox"');
  const seconds = retryAfterSeconds(error, status, c);
  if (seconds !== undefined) c.header("retry-after", String(seconds));
  return c.body(JSON.stringify(body), status);
}

function retryAfterSeconds(error: unknown, status: number, c: Context): number | undefined {
  if (error instanceof DoorError && error.retryAfterSeconds !== undefined) return error.retryAfterSeconds;
  if (error instanceof OutboxError && "endsAt" in error.failure) {
    return secondsUntil(error.failure.endsAt, c.get("tools").clock.now());
  }
  // A purge, which frees capacity, comes once a minute.
  if (status === 507) return 60;
  return status === 503 ? 1 : undefined;
}

/** Refusals of the framework and its libraries, which carry only a status. */
const BY_STATUS: Readonly<Record<number, DoorCode>> = {
  400: "malformed_json",
  413: "body_too_large",
  415: "unsupported_media_type",
};

interface Explained {
  code: ProblemCode;
  detail: string;
  fields?: FieldError[];
}

function explain(error: unknown): Explained {
  if (error instanceof DoorError) return { code: error.code, detail: error.message };
  if (error instanceof OutboxError) {
    const fields = "fields" in error.failure ? error.failure.fields : undefined;
    return { code: error.code, detail: error.message, ...(fields && { fields }) };
  }
  const refusal = error instanceof HTTPException ? BY_STATUS[error.status] : undefined;
  if (refusal) return { code: refusal, detail: (error as Error).message };
  const fault = faultOf(error);
  if (fault === "full") {
    return { code: "storage_full", detail: new OutboxError({ code: "storage_full" }).message };
  }
  if (fault !== "rejected") {
    return { code: "storage_unavailable", detail: "The database did not answer. Try again." };
  }
  return {
    code: "internal_error",
    detail: "The outbox failed. Give its operator the request id, which finds the error in the log.",
  };
}
