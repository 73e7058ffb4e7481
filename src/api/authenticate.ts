import type { Context } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import { DoorError } from "./problem.ts";

/**
 * Lets the operator pass.
 * @throws {DoorError} `unauthorized`, `operator_token_missing`
 */
export async function authenticate(c: Context, operatorToken: string | undefined): Promise<void> {
  if (operatorToken === undefined) {
    throw new DoorError(
      "operator_token_missing",
      "No OPERATOR_TOKEN is set: run `wrangler secret put OPERATOR_TOKEN`.",
    );
  }
  const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (given === undefined) {
    throw new DoorError("unauthorized", 'Send the header "authorization: Bearer <operator token>".');
  }
  if (!(await timingSafeEqual(operatorToken, given)))
    throw new DoorError("unauthorized", "This token is not valid.");
}
