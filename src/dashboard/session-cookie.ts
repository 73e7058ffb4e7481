import type { Context } from "hono";
import { limits } from "../platform/limits.ts";

/**
 * Values of the session's cookie. Several may come: one of another path or domain, which anybody at a neighbouring
 * address can set, may stand first.
 */
export function sessionCookies(c: Context): readonly string[] {
  const before = `${nameOf(c)}=`;
  return (c.req.header("cookie") ?? "")
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one.startsWith(before) && one.length > before.length)
    .map((one) => one.slice(before.length))
    .slice(0, limits.sessionCookies);
}

/** Sets the cookie. Without a path, it is sent to the folder of its request's address alone: `…/ui`, under any prefix. */
export function setSessionCookie(c: Context, value: string, seconds: number): void {
  const secure = isSecure(c) ? "; Secure" : "";
  c.header("set-cookie", `${nameOf(c)}=${value}; HttpOnly${secure}; SameSite=Strict; Max-Age=${seconds}`);
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes */
function nameOf(c: Context): string {
  return isSecure(c) ? "__Secure-edge-outbox" : "edge-outbox";
}

function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:";
}
