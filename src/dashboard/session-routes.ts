import { type Context, Hono } from "hono";
import { z } from "zod";
import { toIso } from "../answers/to-iso.ts";
import type { ApiEnv } from "../api/context.ts";
import { guessesLimited, refuseHeld } from "../api/door/address-limit.ts";
import { operatorWhile, requireOperatorTokens } from "../api/door/authenticate.ts";
import { DoorError } from "../api/door/door-error.ts";
import {
  type OperatorSession,
  readSession,
  signAuthorized,
  signBearer,
  signSession,
} from "../api/door/operator-session.ts";
import { readJson } from "../api/door/read-json.ts";
import { checked } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { Role } from "../platform/roles.ts";
import { type AppSignIn, authorizedBy } from "./authorize.ts";
import { sameOrigin } from "./same-origin.ts";
import { sessionCookies, setSessionCookie } from "./session-cookie.ts";

type ApiContext = Context<ApiEnv>;

const signIn = z.strictObject({ token: z.string() });
const nothing = z.strictObject({});
const readBody = readJson({ maxBytes: limits.signInBytes });

/**
 * The operator's session: a cookie, or the sign-in of the app, which opens only the exchange for a token of minutes.
 * @param app sign-in of the app, in place of the operator's token
 */
export function sessionRoutes(app: AppSignIn | undefined): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .post("/ui/session", sameOrigin, guessesLimited, readBody, app ? refuseSignIn : beginSession)
    .delete("/ui/session", sameOrigin, endSession)
    .post("/ui/token", sameOrigin, guessesLimited, readBody, async (c) => {
      checked(nothing, await c.req.json());
      return app ? giveAuthorized(c, app) : giveToken(c);
    });
}

function refuseSignIn(): never {
  throw new DoorError("forbidden", "The app signs its people in, and takes no operator's token here.");
}

async function beginSession(c: ApiContext): Promise<Response> {
  const { tools } = c.var;
  const { token } = checked(signIn, await c.req.json());
  const operator = operatorWhile(c, token);
  requireOperatorTokens(tools.operatorTokens);
  if (!operator) {
    throw new DoorError("unauthorized", "This is not an operator's token. Take it from OPERATOR_TOKEN.");
  }
  setOperator(c, operator);
  setSessionCookie(c, await signSession(tools, operator), limits.sessionSeconds);
  return c.body(null, 204);
}

function endSession(c: ApiContext): Response {
  setSessionCookie(c, "", 0);
  return c.body(null, 204);
}

async function giveToken(c: ApiContext): Promise<Response> {
  const session = await requireSession(c);
  setOperator(c, session.operator);
  return answer(c, await signBearer(c.var.tools, session), session.operator);
}

async function giveAuthorized(c: ApiContext, app: AppSignIn): Promise<Response> {
  const person = await authorizedBy(app, c);
  if ("tenant" in person) {
    throw new DoorError("forbidden", "The dashboard is the operators'. Open the portal of your tenant.");
  }
  setOperator(c, person);
  return answer(c, await signAuthorized(c.var.tools, person), person);
}

interface Named {
  name: string;
  role: Role;
}

function answer(c: ApiContext, bearer: { token: string; expiresAt: number }, { name, role }: Named) {
  return c.json({ token: bearer.token, expiresAt: toIso(bearer.expiresAt), name, role });
}

/** For the log. */
function setOperator(c: ApiContext, { name, role }: Named): void {
  c.set("caller", { kind: "operator", name, role });
}

async function requireSession(c: ApiContext): Promise<OperatorSession> {
  const { tools } = c.var;
  const cookies = sessionCookies(c);
  for (const cookie of cookies) {
    const session = await readSession(tools, cookie);
    if (session) return session;
  }
  refuseHeld(c);
  requireOperatorTokens(tools.operatorTokens);
  if (!tools.keyRing) throw new OutboxError({ code: "secret_keys_missing" });
  if (cookies.length === 0) {
    throw new DoorError("unauthorized", "Nobody has signed in. Send POST …/ui/session first.");
  }
  throw new DoorError(
    "session_ended",
    "This session has expired, or OPERATOR_TOKEN or SECRET_KEYS has changed. Sign in again.",
  );
}
