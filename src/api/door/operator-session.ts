import { decodeJwt } from "jose";
import * as z from "zod";
import type { KeyPurpose } from "../../platform/key-ring.ts";
import { limits } from "../../platform/limits.ts";
import type { OperatorToken } from "../../platform/operator-tokens.ts";
import { readClaims } from "../../platform/read-claims.ts";
import { ROLES } from "../../platform/roles.ts";
import { type SignedClaims, signClaims } from "../../platform/sign-claims.ts";
import { BEARER_PREFIX } from "../../platform/token-prefixes.ts";
import type { ApiTools } from "../context.ts";

type Tools = Pick<ApiTools, "operatorTokens" | "keyRing" | "clock">;
type Operator = Pick<OperatorToken, "name" | "role">;

/** Session of an operator: the operator token that it was begun with, and its end in milliseconds. */
export interface OperatorSession {
  operator: OperatorToken;
  expiresAt: number;
}

/** A token of minutes, and its end in milliseconds. */
interface Bearer {
  token: string;
  expiresAt: number;
}

/**
 * Signs a session with a key of both the operator token and SECRET_KEYS: a change of either ends it.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signSession(
  { keyRing, clock }: Tools,
  { name, token: boundTo }: OperatorToken,
): Promise<string> {
  const exp = Math.floor(clock.now() / 1000) + limits.sessionSeconds;
  return signClaims({ keyRing, purpose: "session", boundTo }, { sub: name, exp });
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
  { operator, expiresAt }: OperatorSession,
): Promise<Bearer> {
  const exp = Math.min(endOfBearer(clock.now()), expiresAt / 1000);
  const signing = { keyRing, purpose: "bearer", boundTo: operator.token } as const;
  return bearerOf(await signClaims(signing, { sub: operator.name, exp }), exp);
}

/**
 * Makes a token of minutes, which calls the API as an operator whom an app has signed in.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function signAuthorized({ keyRing, clock }: Tools, { name, role }: Operator): Promise<Bearer> {
  const exp = endOfBearer(clock.now());
  return bearerOf(await signClaims({ keyRing, purpose: "authorized" }, { sub: name, role, exp }), exp);
}

/** Operator of a token of minutes; undefined for any other text. */
export async function readBearer(tools: Tools, text: string): Promise<Operator | undefined> {
  if (!text.startsWith(BEARER_PREFIX)) return undefined;
  const jwt = text.slice(BEARER_PREFIX.length);
  const session = await readAs("bearer", tools, jwt);
  if (!session) return readAuthorized(tools, jwt);
  const { name, role } = session.operator;
  return { name, role };
}

const authorizedClaims = z.object({ sub: z.string().min(1), role: z.enum(ROLES) });

async function readAuthorized({ keyRing, clock }: Tools, jwt: string): Promise<Operator | undefined> {
  if (jwt.length > limits.sessionLength) return undefined;
  const claims = await readClaims({ keyRing, purpose: "authorized" }, jwt, clock.now());
  const { data } = authorizedClaims.safeParse(claims);
  return data && { name: data.sub, role: data.role };
}

function endOfBearer(now: number): number {
  return Math.floor(now / 1000) + limits.bearerSeconds;
}

function bearerOf(jwt: string, exp: number): Bearer {
  return { token: `${BEARER_PREFIX}${jwt}`, expiresAt: exp * 1000 };
}

/** Several operator tokens may have one name, as while one replaces another. */
async function readAs(
  purpose: KeyPurpose,
  { operatorTokens, keyRing, clock }: Tools,
  jwt: string,
): Promise<OperatorSession | undefined> {
  if (jwt.length > limits.sessionLength) return undefined;
  const name = subjectOf(jwt);
  for (const operator of operatorTokens) {
    if (operator.name !== name) continue;
    const claims: SignedClaims | undefined = await readClaims(
      { keyRing, purpose, boundTo: operator.token },
      jwt,
      clock.now(),
    );
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
