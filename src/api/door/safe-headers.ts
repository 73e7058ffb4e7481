import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/**
 * What OWASP asks of answers (https://owasp.org/www-project-secure-headers/): nothing is sniffed, framed, referred to or, but for
 * the pages that say otherwise, kept and executed.
 */
const ofOwasp = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  strictTransportSecurity: "max-age=31536000",
  xFrameOptions: "DENY",
  overwrite: false,
});

export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await ofOwasp(c, next);
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
};
