import type { Context } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import type { KeyRing } from "../platform/key-ring.ts";
import { type Claims, verifyToken } from "../registry/verify-token.ts";
import { DoorError } from "./problem.ts";

/** Whose token a request has. A tenant's may have been revoked meanwhile: its signature does not tell. */
export type Caller = { kind: "operator" } | ({ kind: "tenant" } & Claims);

export interface Credentials {
  operatorToken: string | undefined;
  keyRing: KeyRing | undefined;
  now: number;
}

/** @throws {DoorError} `unauthorized`, `operator_token_missing` */
export async function authenticate(
  c: Context,
  { operatorToken, keyRing, now }: Credentials,
): Promise<Caller> {
  const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (given === undefined && operatorToken !== undefined) {
    throw new DoorError("unauthorized", 'Send the header "authorization: Bearer <token>".');
  }
  const claims = given === undefined || !keyRing ? undefined : await verifyToken(keyRing, given, now);
  if (claims) return { kind: "tenant", ...claims };
  if (operatorToken === undefined) {
    throw new DoorError(
      "operator_token_missing",
      "No OPERATOR_TOKEN is set: run `wrangler secret put OPERATOR_TOKEN`.",
    );
  }
  if (await timingSafeEqual(operatorToken, given ?? "")) return { kind: "operator" };
  throw new DoorError("unauthorized", "This token is not valid, or has expired.");
}
