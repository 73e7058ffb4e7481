import type { Context } from "hono";
import { invalid } from "../platform/errors.ts";
import type { ApiEnv } from "./app.ts";

/**
 * A webhook's URL must be one to send to. The host by which this API was called is one of ours.
 * @throws {OutboxError} `invalid_input`
 */
export function requireTarget(c: Context<ApiEnv>, url: string): void {
  const reason = c.var.tools.refuseUrl(url, new URL(c.req.url).hostname);
  if (reason !== undefined) throw invalid("url", reason);
}
