import type { Context } from "hono";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/** Headers of a page: nothing but its own files runs, loads or is called, and no other page frames it. */
export function pageHeaders(c: Context): void {
  c.header("content-security-policy", POLICY.join("; "));
  c.header("cross-origin-opener-policy", "same-origin");
  c.header(
    "permissions-policy",
    "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
  );
  c.header("referrer-policy", "no-referrer");
}
