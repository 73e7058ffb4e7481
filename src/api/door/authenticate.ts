import type { Context, MiddlewareHandler } from "hono";
import { OutboxError } from "../../platform/errors.ts";
import { limits } from "../../platform/limits.ts";
import type { OperatorToken } from "../../platform/operator-tokens.ts";
import { verifyToken } from "../../registry/verify-token.ts";
import type { ApiEnv } from "../context.ts";
import { refuseHeld } from "./address-limit.ts";
import type { Caller } from "./caller.ts";
import { DoorError } from "./door-error.ts";
import { readBearer } from "./operator-session.ts";

const ENCODER = new TextEncoder();

/**
 * Finds the caller. Revoked tokens are remembered, and no longer count against a limit.
 * @throws {DoorError} `unauthorized`, `operator_token_missing`, `rate_limited` @throws {OutboxError} `token_revoked`
 */
export const authenticated: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { doorMemory, clock } = c.var.tools;
  const caller = await authenticate(c);
  c.set("caller", caller);
  await next();
  const isRevoked = c.error instanceof OutboxError && c.error.code === "token_revoked";
  if (isRevoked && caller.kind === "tenant") {
    doorMemory.revoked.set(caller.tokenId, true, caller.expiresAt, clock.now());
  }
};

async function authenticate(c: Context<ApiEnv>): Promise<Caller> {
  const { operatorTokens, keyRing, doorMemory, clock } = c.var.tools;
  const now = clock.now();
  const given = sentToken(c);
  const operatorOfBearer = given === undefined ? undefined : await readBearer(c.var.tools, given);
  if (operatorOfBearer) return { kind: "operator", ...operatorOfBearer };
  const claims = given === undefined || !keyRing ? undefined : await verifyToken(keyRing, given, now);
  const isRevoked = claims && doorMemory.revoked.get(claims.tokenId, now);
  if (claims && !isRevoked) return { kind: "tenant", ...claims };
  const operator = given === undefined ? undefined : operatorWhile(c, given);
  if (operator) return { kind: "operator", name: operator.name, role: operator.role };
  refuseHeld(c);
  if (isRevoked) throw new OutboxError({ code: "token_revoked" });
  requireOperatorTokens(operatorTokens);
  if (given === undefined) {
    throw new DoorError("unauthorized", 'Send the header "authorization: Bearer <token>".');
  }
  throw new DoorError(
    "unauthorized",
    "This token is not valid, or has expired. Ask the operator for a new one.",
  );
}

/**
 * The operator of a token. While the address is held, a token passes only if it is so long that no number of guesses
 * finds it: others may share the address.
 * @throws {DoorError} `rate_limited`
 */
export function operatorWhile(c: Context<ApiEnv>, given: string): OperatorToken | undefined {
  const operator = operatorOf(c.var.tools.operatorTokens, given);
  if (operator && operator.token.length >= limits.operatorTokens.lengthUnguessable) return operator;
  refuseHeld(c);
  return operator;
}

/** The token in the request's header. */
export function sentToken(c: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** @throws {DoorError} `operator_token_missing` */
export function requireOperatorTokens(tokens: readonly OperatorToken[]): void {
  if (tokens.length > 0) return;
  throw new DoorError(
    "operator_token_missing",
    "OPERATOR_TOKEN is not set. Run `wrangler secret put OPERATOR_TOKEN`.",
  );
}

/** Compares with every token, over the length of the longest: the time taken tells neither which one is like it nor how long it is. */
function operatorOf(tokens: readonly OperatorToken[], given: string): OperatorToken | undefined {
  const length = Math.max(...tokens.map(({ token }) => token.length));
  const equal = tokens.map(({ token }) =>
    crypto.subtle.timingSafeEqual(padded(token, length), padded(given, length)),
  );
  return given.length <= length ? tokens[equal.indexOf(true)] : undefined;
}

/** Printable ASCII, with NULs at its end. A longer text is cut off. */
function padded(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  ENCODER.encodeInto(text, bytes);
  return bytes;
}
