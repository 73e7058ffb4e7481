import type { Context } from "hono";
import { commit } from "../outbox/commit.ts";
import type { MessageInput } from "../outbox/message.ts";
import { OutboxError } from "../platform/errors.ts";
import type { ApiEnv } from "./app.ts";
import { presentCommitted } from "./present.ts";

/** Commits the one message of a request, under the request's idempotency key. */
export async function commitOne(c: Context<ApiEnv>, tenantId: string, message: MessageInput) {
  const key = c.req.header("idempotency-key");
  const request = { messages: [message], ...(key !== undefined && { idempotencyKey: key }) };
  const committed = await commit(c.var.tools, tenantId, request).catch((error) => {
    throw inTermsOfTheRequest(error);
  });
  return committed.messages.map((one) => presentCommitted(one, committed.duplicate))[0];
}

/** The body is the message: `messages[0].payload` is its `payload`. */
function inTermsOfTheRequest(error: unknown): unknown {
  if (!(error instanceof OutboxError) || !("fields" in error.failure)) return error;
  const fields = error.failure.fields.map(({ path, message }) => ({
    path: path.replace(/^messages\[0\]\.?/, "").replace(/^idempotencyKey$/, "Idempotency-Key"),
    message,
  }));
  return new OutboxError({ ...error.failure, fields }, { cause: error });
}
