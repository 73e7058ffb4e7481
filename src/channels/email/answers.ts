import type { Told } from "../../domain/email-account.ts";
import { UNCERTAIN } from "../../domain/email-status.ts";
import { limits } from "../../platform/limits.ts";
import { describeError } from "../../platform/log.ts";
import { INTERNAL, type Refusal, type Reply, TIMEOUT, temporary } from "../channel.ts";
import { refusalOf, untilAborted } from "../until-aborted.ts";
import type { AccountDesk } from "./account-desk.ts";
import { addressOf } from "./envelope.ts";
import type { EmailProvider } from "./provider.ts";

const TOO_MANY_REQUESTS = 429;
const KINDS = new Set(["accepted", "temporary", "permanent", "gone"]);

/**
 * Tells the account what became of an e-mail. A refusal that others share lasts until the next one is tried; in a pool another
 * account is asked at once.
 */
export async function tell<R extends Reply>(
  desk: AccountDesk,
  from: string,
  reply: R,
  isOfPool: boolean,
): Promise<R> {
  const { kind, perSecond } = reply;
  const waitMs = kind === "accepted" ? null : reply.retryAfterMs;
  const holdMs = await desk.tell({ sender: addressOf(from), result: resultOf(reply), waitMs, perSecond });
  if (holdMs === null || kind === "accepted") return reply;
  if (isOfPool && reply.scope === "account") return { ...reply, retryAfterMs: limits.emailPassMs };
  return { ...reply, retryAfterMs: Math.max(holdMs, reply.retryAfterMs ?? 0) };
}

/** Asks a provider. An app's own may ignore its signal, and may throw instead of answering. */
export async function answerOf<T>(
  provider: Pick<EmailProvider, "idempotencySeconds">,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | Refusal> {
  try {
    return await untilAborted(signal, async () => ask());
  } catch (error) {
    const refusal = refusalOf(error, signal);
    if (refusal === undefined) throw error;
    const isUncertain = refusal.error === TIMEOUT && provider.idempotencySeconds === 0;
    return isUncertain ? { ...refusal, error: UNCERTAIN } : refusal;
  }
}

/** Asks a provider of e-mails. One that throws has failed, of which its account is told. */
export async function emailAnswerOf<T>(
  provider: EmailProvider,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T | Refusal> {
  try {
    return await answerOf(provider, signal, ask);
  } catch (error) {
    return temporary(INTERNAL, { excerpt: describeError(error).slice(0, limits.errorLength) });
  }
}

/** Outcome by a reply, for the account. */
function resultOf(reply: Reply): Told["result"] {
  if (reply.kind === "accepted") return "taken";
  const { scope, spares } = reply;
  if (scope === "account" || scope === "sender") return scope;
  if (scope === "message" || scope === "recipient") return "answered";
  return spares ? "wait" : "failed";
}

/**
 * An app's provider may be untyped JavaScript, so its answer is checked, and a number becomes text: an error after the e-mail was
 * sent would send it again. Whoever asks for fewer, or refuses a sender or the account, uses up no attempt.
 */
export function checkedReply(reply: Reply | undefined): Reply {
  if (!reply || !KINDS.has(reply.kind)) {
    throw new TypeError(
      "The provider has answered neither that it accepted the message nor that it refused it",
    );
  }
  const excerpt = reply.excerpt == null ? null : String(reply.excerpt);
  if (reply.kind !== "accepted") return { ...reply, excerpt, ...(isOfOthersToo(reply) && { spares: true }) };
  return { ...reply, excerpt, ...(reply.id != null && { id: String(reply.id) }) };
}

function isOfOthersToo({ kind, scope, httpStatus }: Refusal): boolean {
  if (kind !== "temporary") return false;
  return scope === "sender" || scope === "account" || httpStatus === TOO_MANY_REQUESTS;
}

/** No answer disables the endpoint of all direct e-mails. */
export function withoutGone(reply: Reply): Reply {
  return reply.kind === "gone" ? { ...reply, kind: "permanent" } : reply;
}

/** Keeps the id of an e-mail whose events are matched by it. */
export function withRef(reply: Reply, { eventsBy }: EmailProvider): Reply {
  if (reply.kind !== "accepted" || !eventsBy || !reply.id) return reply;
  return { ...reply, ref: `${eventsBy} ${reply.id}` };
}
