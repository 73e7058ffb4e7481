import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { ApiEnv } from "../context.ts";

const EXPOSED = [
  "etag",
  "x-request-id",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "idempotent-replayed",
];
const TAKEN = [
  "authorization",
  "content-type",
  "idempotency-key",
  "if-match",
  "traceparent",
  "tracestate",
  "x-request-id",
];

/** Allows pages of the origins that a setting names. Never with cookies, as there are none. */
export const crossOrigin: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { corsOrigins } = c.var.tools;
  if (!corsOrigins) return next();
  const origin = corsOrigins.includes("*") ? "*" : [...corsOrigins];
  return cors({
    origin,
    allowMethods: ["GET", "POST", "PATCH", "DELETE"],
    allowHeaders: TAKEN,
    exposeHeaders: EXPOSED,
    maxAge: 600,
  })(c, next);
};
