import { type RouteConfig, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { checked } from "../platform/check.ts";
import type { Role } from "../platform/roles.ts";
import type { ApiEnv } from "./context.ts";
import { type Access, allow, roleFor } from "./door/access.ts";
import { type ProblemCode, problemShape, statusOf } from "./door/problem.ts";
import { readJson } from "./door/read-json.ts";

const NO_FIELDS = z.strictObject({});
const PROBLEM_BODY = { "application/problem+json": { schema: problemShape } } as const;
type Refusal = { description: string; content: typeof PROBLEM_BODY };

/** Problems that every operation under /v1 can answer, and those of operations with a body. */
const ALWAYS: readonly ProblemCode[] = [
  "unauthorized",
  "token_revoked",
  "forbidden",
  "tenant_not_found",
  "rate_limited",
  "uri_too_long",
  "headers_too_large",
  "loop_detected",
  "operator_token_missing",
  "storage_unavailable",
  "internal_error",
];
const WITH_BODY: readonly ProblemCode[] = [
  "invalid_input",
  "malformed_json",
  "unsupported_media_type",
  "body_too_large",
  "body_timeout",
  "overloaded",
  "storage_full",
];
/** Problems of operations that take an idempotency key. */
const ONCE: readonly ProblemCode[] = ["idempotency_conflict", "request_unanswered"];

/**
 * The problems that an operation can answer, by status. In types there are two kinds: the caller's, and the outbox's.
 */
export function refusals(...codes: ProblemCode[]): { "4XX": Refusal; "5XX": Refusal } {
  return onlyRefusals(...codes, ...ALWAYS);
}

/** Exactly these problems, for operations outside of /v1. */
export function onlyRefusals(...codes: ProblemCode[]): { "4XX": Refusal; "5XX": Refusal } {
  const byStatus = Map.groupBy(new Set(codes), statusOf);
  const described = [...byStatus].map(([status, names]) => {
    const description = names.map((name) => `\`${name}\``).join(", ");
    return [status, { description, content: PROBLEM_BODY }] as const;
  });
  return Object.fromEntries(described) as unknown as { "4XX": Refusal; "5XX": Refusal };
}

export const bodyRefusals = (...codes: ProblemCode[]) => refusals(...codes, ...WITH_BODY);
export const onceRefusals = (...codes: ProblemCode[]) => bodyRefusals(...codes, ...ONCE);

/** A JSON answer. */
export function answers<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { "application/json": { schema } } };
}

/**
 * A copy of a room's schema, under its name in the document. A copy, because a schema made before the document's
 * library was loaded cannot be named.
 */
export function named<S extends z.ZodType>(schema: S, name: string): S {
  return schema.clone().openapi(name);
}

/** A required JSON body. */
export function takes<S extends z.ZodType>(schema: S, example: unknown) {
  return { content: { "application/json": { schema, example } }, required: true };
}

/** An optional JSON body, which defaults to `{}`. */
export function mayTake<S extends z.ZodType>(schema: S, example: unknown) {
  return { content: { "application/json": { schema, example } }, required: false };
}

interface Definition extends Omit<RouteConfig, "middleware" | "security" | "hide"> {
  operationId: string;
  tags: [string];
  summary: string;
  access: Access;
  /** Role of the operator, where it is another than method and access make it. */
  role?: Role;
  /** Largest body in bytes. Defaults to 512 KiB. */
  maxBytes?: number;
}

/**
 * Middleware that reads the body. A write without a body refuses fields, which would otherwise be ignored silently.
 */
function readers({ method, request, maxBytes }: Definition): MiddlewareHandler<ApiEnv>[] {
  const { body } = request ?? {};
  if (body) return [readJson({ optional: body.required !== true, ...(maxBytes && { maxBytes }) })];
  return method === "get" ? [] : [readJson({ optional: true }), refuseFields];
}

const refuseFields: MiddlewareHandler<ApiEnv> = async (c, next) => {
  checked(NO_FIELDS, await c.req.json());
  await next();
};

/** An operation of the API: its description, its callers, its input and its answers. */
export function operation<const D extends Definition>(
  definition: D,
): Omit<D, "access" | "maxBytes" | "role"> {
  const { access, maxBytes, role, ...route } = definition;
  const guards = {
    middleware: [allow(definition), ...readers(definition)],
    security: [{ operator: [roleFor(definition)] }, ...(access === "operator" ? [] : [{ tenant: [access] }])],
  };
  return { ...route, ...guards };
}
