import type { Context } from "hono";

/** The tenant in the path. Typed as optional in a router that is mounted under the path that names it. */
export function tenantOf(c: Context): string {
  return c.req.param("tenant") ?? "";
}
