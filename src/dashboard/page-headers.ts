import type { Context } from "hono";

interface Allowed {
  /** Origins whose pages may frame this one. */
  frameAncestors: readonly string[];
  /** Origins that images may come from, beside the page's own. */
  logoOrigins: readonly string[];
}

const NOTHING: Allowed = { frameAncestors: [], logoOrigins: [] };

/** Headers of a page: nothing but its own files runs, loads or is called, and no other page frames it, unless these may. */
export function pageHeaders(c: Context, allowed: Allowed = NOTHING): void {
  c.header("content-security-policy", policy(allowed));
  c.header("cross-origin-opener-policy", "same-origin");
  c.header(
    "permissions-policy",
    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
  );
  c.header("referrer-policy", "no-referrer");
}

function policy({ frameAncestors, logoOrigins }: Allowed): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["img-src 'self'", ...logoOrigins].join(" "),
    "connect-src 'self'",
    "form-action 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(" ") : "'none'"}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
