import type { Context } from "hono";
import { getCookie } from "hono/cookie";

/** The value of the session's cookie; undefined if there is none. */
export function sessionCookie(c: Context): string | undefined {
  return getCookie(c, nameOf(c)) || undefined;
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
