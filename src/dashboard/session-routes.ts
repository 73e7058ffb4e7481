import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { z } from "zod";
import { toIso } from "../answers/to-iso.ts";
import type { ApiEnv } from "../api/context.ts";
import { guessesLimited, refuseHeld } from "../api/door/address-limit.ts";
import { operatorOf, requireOperatorTokens } from "../api/door/authenticate.ts";
import { DoorError } from "../api/door/door-error.ts";
import { type OperatorSession, readSession, signBearer, signSession } from "../api/door/operator-session.ts";
import { readJson } from "../api/door/read-json.ts";
import { checked } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { sameOrigin } from "./same-origin.ts";

type ApiContext = Context<ApiEnv>;

const signIn = z.strictObject({ token: z.string() });
const nothing = z.strictObject({});
const readBody = readJson({ maxBytes: limits.signInBytes });

/** The operator's session: a cookie, which opens only the exchange for a token of minutes. */
export function sessionRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .post("/ui/session", sameOrigin, guessesLimited, readBody, beginSession)
    .delete("/ui/session", sameOrigin, endSession)
    .post("/ui/token", sameOrigin, guessesLimited, readBody, giveToken);
}

async function beginSession(c: ApiContext): Promise<Response> {
  const { tools } = c.var;
  const { token } = checked(signIn, await c.req.json());
  refuseHeld(c);
  requireOperatorTokens(tools.operatorTokens);
  const operator = operatorOf(tools.operatorTokens, token);
  if (!operator) {
    throw new DoorError("unauthorized", "This is not an operator's token. Take it from OPERATOR_TOKEN.");
  }
  const { name, role } = operator;
  c.set("caller", { kind: "operator", name, role });
  setCookie(c, await signSession(tools, operator), limits.sessionSeconds);
  return c.body(null, 204);
}

function endSession(c: ApiContext): Response {
  setCookie(c, "", 0);
  return c.body(null, 204);
}

async function giveToken(c: ApiContext): Promise<Response> {
  checked(nothing, await c.req.json());
  const session = await requireSession(c);
  const { name, role } = session.operator;
  c.set("caller", { kind: "operator", name, role });
  const { token, expiresAt } = await signBearer(c.var.tools, session);
  return c.json({ token, expiresAt: toIso(expiresAt), name, role });
}

async function requireSession(c: ApiContext): Promise<OperatorSession> {
  const { tools } = c.var;
  const cookie = getCookie(c, cookieName(c));
  const session = cookie ? await readSession(tools, cookie) : undefined;
  if (session) return session;
  refuseHeld(c);
  requireOperatorTokens(tools.operatorTokens);
  if (!tools.keyRing) throw new OutboxError({ code: "secret_keys_missing" });
  if (!cookie) throw new DoorError("unauthorized", "Nobody has signed in. Send POST …/ui/session first.");
  throw new DoorError(
    "session_ended",
    "This session has expired, or OPERATOR_TOKEN or SECRET_KEYS has changed. Sign in again.",
  );
}

/** Without a path, a cookie is sent to the folder of its request's address alone: `…/ui`, whatever stands before it. */
function setCookie(c: ApiContext, value: string, seconds: number): void {
  const secure = isSecure(c) ? "; Secure" : "";
  c.header("set-cookie", `${cookieName(c)}=${value}; HttpOnly${secure}; SameSite=Strict; Max-Age=${seconds}`);
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes */
function cookieName(c: ApiContext): string {
  return isSecure(c) ? "__Secure-edge-outbox" : "edge-outbox";
}

function isSecure(c: ApiContext): boolean {
  return new URL(c.req.url).protocol === "https:";
}
