import type { Context } from "hono";
import { WORK_TYPE } from "../../domain/event-type.ts";
import { type CommitRequest, type Committed, commit } from "../../outbox/commit.ts";
import type { MessageInput } from "../../outbox/message.ts";
import { OutboxError } from "../../platform/errors.ts";
import type { ApiEnv } from "../context.ts";
import { presentCommitted } from "./answers.ts";
import { DoorError } from "../door/problem.ts";

/** Commits the one message of a request, whose body is the message: `messages[0].payload` is its `payload`. */
export async function commitOne(c: Context<ApiEnv>, tenantId: string, message: MessageInput) {
  const { messages, duplicate } = await commitAll(c, tenantId, [message], /^messages\[0\]\.?/);
  const [committed] = messages;
  if (!committed) throw new Error("A commit of one message answers one message");
  return { ...presentCommitted(committed), duplicate };
}

/** Commits a request's messages under its idempotency key, its trace and its token. */
export async function commitAll(
  c: Context<ApiEnv>,
  tenantId: string,
  messages: MessageInput[],
  prefix?: RegExp,
): Promise<Committed> {
  const { caller, tools } = c.var;
  if (caller.kind === "tenant") refuseWork(messages);
  const key = c.req.header("idempotency-key");
  const traceparent = c.req.header("traceparent");
  const tracestate = c.req.header("tracestate");
  const request: CommitRequest = {
    messages,
    ...(key !== undefined && { idempotencyKey: key }),
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(caller.kind === "tenant" && { tokenId: caller.tokenId }),
  };
  await c.var.meter?.deliveriesPaid();
  return commit(tools, tenantId, request).catch((error) => {
    throw inTermsOfTheRequest(error, prefix);
  });
}

/** A handler does the app's own work, and relies on what it is called with: who may ask for it is not left to tenants. */
function refuseWork(messages: readonly MessageInput[]): void {
  if (messages.some(({ eventType }) => eventType === WORK_TYPE)) {
    throw new DoorError("forbidden", "Only the operator's token may commit work for a handler.");
  }
}

function inTermsOfTheRequest(error: unknown, prefix = /(?!)/): unknown {
  if (!(error instanceof OutboxError) || !("fields" in error.failure)) return error;
  const fields = error.failure.fields.map(({ path, message }) => ({
    path: path.replace(prefix, "").replace(/^idempotencyKey$/, "Idempotency-Key"),
    message,
  }));
  return new OutboxError({ ...error.failure, fields }, { cause: error });
}
