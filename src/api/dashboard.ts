import type { Hono } from "hono";
import type { ApiEnv } from "./context.ts";

/** Pages that the API serves beside its operations: the result of `dashboard` of `edge-outbox/dashboard`. */
export interface Dashboard {
  routes(): Hono<ApiEnv>;
}
