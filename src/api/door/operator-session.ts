import { decodeJwt } from "jose";
import type { KeyPurpose, KeyRing } from "../../platform/key-ring.ts";
import { limits } from "../../platform/limits.ts";
import type { OperatorToken } from "../../platform/operator-tokens.ts";
import { readClaims, signClaims } from "../../platform/signed-claims.ts";
import { BEARER_PREFIX } from "../../platform/token-prefixes.ts";
import type { ApiTools } from "../context.ts";

type Tools = Pick<ApiTools, "operatorTokens" | "keyRing" | "clock">;

/** Session of an operator: the operator token that it was begun with, and its end in milliseconds. */
export interface OperatorSession {
  operator: OperatorToken;
  expiresAt: number;
}

/**
 * Signs a session with a key of both the operator token and SECRET_KEYS: a change of either ends it.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signSession({ keyRing, clock }: Tools, operator: OperatorToken): Promise<string> {
  const exp = Math.floor(clock.now() / 1000) + limits.sessionSeconds;
  return signAs("session", keyRing, { operator, expiresAt: exp * 1000 });
}

/** The session of a cookie's value; undefined if it has ended, or was never signed. */
export async function readSession(tools: Tools, jwt: string): Promise<OperatorSession | undefined> {
  return readAs("session", tools, jwt);
}

/**
 * Makes a token of minutes, which calls the API as the session's operator, and ends with the session.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signBearer(
  { keyRing, clock }: Tools,
  { operator, expiresAt: endsAt }: OperatorSession,
): Promise<{ token: string; expiresAt: number }> {
  const exp = Math.floor(clock.now() / 1000) + limits.bearerSeconds;
  const expiresAt = Math.min(exp * 1000, endsAt);
  const jwt = await signAs("bearer", keyRing, { operator, expiresAt });
  return { token: `${BEARER_PREFIX}${jwt}`, expiresAt };
}

/** Operator of such a token; undefined for any other text. */
export async function readBearer(tools: Tools, text: string): Promise<OperatorName | undefined> {
  if (!text.startsWith(BEARER_PREFIX)) return undefined;
  const session = await readAs("bearer", tools, text.slice(BEARER_PREFIX.length));
  return session && { name: session.operator.name, role: session.operator.role };
}
type OperatorName = Pick<OperatorToken, "name" | "role">;

function signAs(
  purpose: KeyPurpose,
  keyRing: KeyRing | undefined,
  { operator, expiresAt }: OperatorSession,
): Promise<string> {
  const claims = { sub: operator.name, exp: expiresAt / 1000 };
  return signClaims({ keyRing, purpose, boundTo: operator.token }, claims);
}

/** Several tokens may have one name, as while one replaces another. */
async function readAs(
  purpose: KeyPurpose,
  { operatorTokens, keyRing, clock }: Tools,
  jwt: string,
): Promise<OperatorSession | undefined> {
  if (jwt.length > limits.tokenLength) return undefined;
  const name = subjectOf(jwt);
  for (const operator of operatorTokens) {
    if (operator.name !== name) continue;
    const claims = await readClaims({ keyRing, purpose, boundTo: operator.token }, jwt, clock.now());
    if (claims) return { operator, expiresAt: claims.exp * 1000 };
  }
  return undefined;
}

/** Not verified. */
function subjectOf(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).sub;
  } catch {
    return undefined;
  }
}
