import type { Context } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import type { KeyRing } from "../platform/key-ring.ts";
import type { OperatorToken } from "../platform/operator-tokens.ts";
import { type Claims, verifyToken } from "../registry/verify-token.ts";
import { DoorError } from "./problem.ts";

/** Whose token a request has. A tenant's may have been revoked meanwhile: its signature does not tell. */
export type Caller =
  | ({ kind: "operator" } & Pick<OperatorToken, "name" | "role">)
  | ({ kind: "tenant" } & Claims);

export interface Credentials {
  operatorTokens: readonly OperatorToken[];
  keyRing: KeyRing | undefined;
  now: number;
}

/** @throws {DoorError} `unauthorized`, `operator_token_missing` */
export async function authenticate(
  c: Context,
  { operatorTokens, keyRing, now }: Credentials,
): Promise<Caller> {
  const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (given === undefined && operatorTokens.length > 0) {
    throw new DoorError("unauthorized", 'Send the header "authorization: Bearer <token>".');
  }
  const claims = given === undefined || !keyRing ? undefined : await verifyToken(keyRing, given, now);
  if (claims) return { kind: "tenant", ...claims };
  if (operatorTokens.length === 0) {
    throw new DoorError(
      "operator_token_missing",
      "No OPERATOR_TOKEN is set: run `wrangler secret put OPERATOR_TOKEN`.",
    );
  }
  const operator = await operatorOf(operatorTokens, given ?? "");
  if (operator) return operator;
  throw new DoorError("unauthorized", "This token is not valid, or has expired.");
}

/** Compares with each of them, so that the time it takes tells nothing of which it was. */
async function operatorOf(tokens: readonly OperatorToken[], given: string): Promise<Caller | undefined> {
  const equal = await Promise.all(tokens.map(({ token }) => timingSafeEqual(token, given)));
  const found = tokens[equal.indexOf(true)];
  return found && { kind: "operator", name: found.name, role: found.role };
}
