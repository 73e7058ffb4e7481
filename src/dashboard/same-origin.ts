import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../api/context.ts";
import { DoorError } from "../api/door/door-error.ts";

/**
 * Refuses requests that a page of another origin has sent. A browser without `Sec-Fetch-Site`, as over plain http, still
 * names the page's origin.
 * @throws {DoorError} `forbidden`
 */
export const sameOrigin: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const site = c.req.header("sec-fetch-site");
  const isSame =
    site === undefined ? c.req.header("origin") === new URL(c.req.url).origin : site === "same-origin";
  if (isSame) return next();
  throw new DoorError(
    "forbidden",
    "Only the pages of the dashboard may call this, from their own origin. Open the dashboard, and sign in there.",
  );
};
