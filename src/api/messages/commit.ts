import type { Context } from "hono";
import { presentCommitted } from "../../answers/messages.ts";
import { WORK_TYPE } from "../../domain/event-type.ts";
import { type CommitResult, commitDrafts, keyInput } from "../../outbox/commit.ts";
import { type CheckedMessage, draftChecked, pathInList } from "../../outbox/message.ts";
import { roomBeside } from "../../outbox/split-email.ts";
import { checked } from "../../platform/check.ts";
import { limits } from "../../platform/limits.ts";
import type { ApiEnv } from "../context.ts";
import { DoorError } from "../door/door-error.ts";

interface Paths {
  pathOf?: (position: number) => string;
  /** Defaults to `payload` in the message. */
  payloadPath?: string | undefined;
}

/** Commits the single message of a request, whose fields are the body's own. */
export async function commitOne(
  c: Context<ApiEnv>,
  tenantId: string,
  message: CheckedMessage,
  payloadPath?: string,
) {
  const { messages, duplicate } = await commitAll(c, tenantId, [message], { pathOf: () => "", payloadPath });
  const [committed] = messages;
  if (!committed) throw new Error("A commit of one message answers one message");
  return { ...presentCommitted(committed), duplicate };
}

/**
 * Commits a request's messages under its idempotency key, its trace and its token.
 * @param paths of a message, and of its payload, in the body
 */
export async function commitAll(
  c: Context<ApiEnv>,
  tenantId: string,
  messages: readonly CheckedMessage[],
  { pathOf = pathInList, payloadPath }: Paths = {},
): Promise<CommitResult> {
  const { caller, tools } = c.var;
  if (caller.kind === "tenant") refuseWork(messages);
  const key = c.req.header("idempotency-key");
  const traceparent = c.req.header("traceparent");
  const tracestate = c.req.header("tracestate");
  await c.var.meter?.deliveriesPaid();
  const { clock, random } = tools;
  const room = roomBeside(messages.length);
  const drafting = { now: clock.now(), random, payloadPath, room };
  const drafts = messages.flatMap((one, position) => draftChecked(one, pathOf(position), drafting));
  // E-mails to several cost as much as a body that has them all.
  c.var.countAs?.(Math.floor((limits.batchBodyBytes - room.length) / limits.bytesPerRequest));
  return commitDrafts(tools, tenantId, {
    drafts,
    ...(key !== undefined && { idempotencyKey: checked(keyInput, key, "Idempotency-Key") }),
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(caller.kind === "tenant" && { tokenId: caller.tokenId }),
  });
}

/** Refuses work from tenants: a handler does the app's own work, and trusts its payload. */
function refuseWork(messages: readonly CheckedMessage[]): void {
  if (messages.some(({ eventType }) => eventType === WORK_TYPE)) {
    throw new DoorError(
      "forbidden",
      "Only an operator's token may commit work for a handler. Use one instead of a tenant's token.",
    );
  }
}
