import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/**
 * Headers that OWASP asks for (https://owasp.org/www-project-secure-headers/): no sniffing, no framing, no referrer
 * and, unless a page sets its own, no caching and no execution.
 */
const ofOwasp = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: "max-age=31536000",
  xFrameOptions: "DENY",
  overwrite: false,
});

export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await ofOwasp(c, next);
  // The older header names no origins: the policy of a page that some may frame stands alone.
  const mayBeFramed = /frame-ancestors (?!'none')/.test(c.res.headers.get("content-security-policy") ?? "");
  if (mayBeFramed) c.res.headers.delete("x-frame-options");
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
};
