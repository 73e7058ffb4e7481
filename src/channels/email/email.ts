import type { AccountName, Told } from "../../domain/email-account.ts";
import { type EmailContent, emailContent } from "../../domain/email-content.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import { parseExact } from "../../platform/exact-json.ts";
import { parseMailbox } from "../../platform/mailbox-address.ts";
import {
  type Channel,
  type Dispatch,
  EMAIL_UNKNOWN,
  permanent,
  type Refusal,
  type Reply,
  temporary,
} from "../channel.ts";
import { refusalOf, untilAborted } from "../until-aborted.ts";
import type { AccountDesk } from "./account-desk.ts";

/** An e-mail, ready to be handed to a provider. */
export interface Envelope extends EmailContent {
  from: string;
  tenantId: string;
  messageId: string;
  /** The number of this attempt, from 1. */
  attempt: number;
  /**
   * Made of the message's id, and identical at every attempt: a provider with idempotency keys sends an e-mail once. Another one
   * after a person has replayed an e-mail that was accepted.
   */
  idempotencyKey: string;
}

/** Names under which a provider is given the ids of a message, and names them in what it tells of the e-mail later. */
export const MESSAGE_TAG = "outbox-message";
export const TENANT_TAG = "outbox-tenant";

/** Sends e-mails, and tells passing errors from permanent ones. */
export interface EmailProvider {
  /** Account that all of its e-mails go through. Undefined: one that is called `own`. */
  readonly account?: AccountName;
  /** Name of its events, if they bring none of our ids: they are matched by the id of the e-mail. */
  readonly eventsBy?: string;
  send(envelope: Envelope, signal: AbortSignal): Promise<Reply>;
}

/** Account of a provider that names none. */
const OWN_ACCOUNT: AccountName = { name: "own" };

const TOO_MANY_REQUESTS = 429;
const KINDS = new Set(["accepted", "temporary", "permanent", "gone"]);

/** Makes the desk at which leave to send through an account is asked for. */
export type DeskOf = (account: AccountName) => AccountDesk;

/** Sends direct e-mails as committed; to a subscribed address, an e-mail about the event. */
export function emailChannel(provider: EmailProvider, defaultFrom: string, deskOf: DeskOf): Channel {
  const desk = deskOf(provider.account ?? OWN_ACCOUNT);
  return {
    admit: ({ payload, endpointId, ...asking }) =>
      desk.ask({ ...asking, sender: addressOf(senderOf(endpointId, payload) ?? defaultFrom) }),

    async deliver(dispatch, signal) {
      const whole = contentOf(dispatch);
      if ("kind" in whole) return whole;
      const content = withoutSuppressed(whole, dispatch.suppressed);
      const { tenantId, messageId, attempt } = dispatch;
      const ids = { tenantId, messageId, attempt, idempotencyKey: keyOf(dispatch) };
      const envelope = { ...content, from: content.from ?? defaultFrom, ...ids };
      const sent = await send(provider, envelope, signal);
      const reply = dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT ? withoutGone(sent) : sent;
      const { kind, perSecond } = reply;
      const waitMs = kind === "accepted" ? null : reply.retryAfterMs;
      const told = { sender: addressOf(envelope.from), result: resultOf(reply), waitMs, perSecond };
      const holdMs = await desk.tell(told);
      if (reply.kind === "accepted") return withRef(reply, provider);
      if (holdMs === null) return reply;
      return { ...reply, retryAfterMs: Math.max(holdMs, reply.retryAfterMs ?? 0) };
    },
  };
}

/** An app's provider may ignore its signal, and may throw instead of answering. */
async function send(provider: EmailProvider, envelope: Envelope, signal: AbortSignal): Promise<Reply> {
  try {
    return checkedReply(await untilAborted(signal, async () => provider.send(envelope, signal)));
  } catch (error) {
    const refusal = refusalOf(error, signal);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** An e-mail that a person has sent again after it was accepted is another one; a provider would drop it by its former key. */
function keyOf({ messageId, endpoint, resends }: Dispatch): string {
  const key = `${messageId}/${endpoint.id}`;
  return resends ? `${key}/r${resends}` : key;
}

function withoutSuppressed(content: EmailContent, suppressed: Dispatch["suppressed"]): EmailContent {
  if (!suppressed) return content;
  const { to, cc, bcc, ...rest } = content;
  const left = (all: string[]) => all.filter((one) => !suppressed.includes(addressOf(one)));
  const [copies, blind] = [left(cc ?? []), left(bcc ?? [])];
  return {
    ...rest,
    to: left(to),
    ...(copies.length > 0 && { cc: copies }),
    ...(blind.length > 0 && { bcc: blind }),
  };
}

function withRef(reply: Reply & { kind: "accepted" }, { eventsBy }: EmailProvider): Reply {
  return eventsBy && reply.id ? { ...reply, ref: `${eventsBy} ${reply.id}` } : reply;
}

function addressOf(sender: string): string {
  return (parseMailbox(sender)?.email ?? sender).toLowerCase();
}

/** Sender of a direct e-mail; undefined if it names none. */
function senderOf(endpointId: string, payload: string): string | undefined {
  if (endpointId !== DIRECT_EMAIL_ENDPOINT) return undefined;
  const { from } = (parseExact(payload) ?? {}) as { from?: unknown };
  return typeof from === "string" ? from : undefined;
}

/** Outcome by a reply, for the account. */
function resultOf(reply: Reply): Told["result"] {
  if (reply.kind === "accepted") return "taken";
  const { scope, spares } = reply;
  if (scope === "account" || scope === "sender") return scope;
  if (scope === "message" || scope === "recipient") return "answered";
  return spares ? "wait" : "failed";
}

/** No answer disables the endpoint of all direct e-mails. */
function withoutGone(reply: Reply): Reply {
  return reply.kind === "gone" ? { ...reply, kind: "permanent" } : reply;
}

/**
 * An app's provider may be untyped JavaScript, so its answer is checked. Whoever asks for fewer, or refuses a sender or the
 * account, uses up no attempt.
 */
function checkedReply(reply: Reply | undefined): Reply {
  if (reply?.kind === "temporary" && isOfOthersToo(reply)) return { ...reply, spares: true };
  if (reply && KINDS.has(reply.kind)) return reply;
  throw new TypeError(
    "The e-mail provider has answered neither that it accepted the e-mail nor that it refused it",
  );
}

function isOfOthersToo({ scope, httpStatus }: Refusal): boolean {
  return scope === "sender" || scope === "account" || httpStatus === TOO_MANY_REQUESTS;
}

function contentOf(dispatch: Dispatch): EmailContent | Reply {
  const payload = parseExact(dispatch.payload);
  if (dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT) return directContent(payload);
  return {
    to: [dispatch.endpoint.target],
    subject: dispatch.eventType,
    text: `${dispatch.eventType}\n\n${JSON.stringify(payload, null, 2)}\n\n${dispatch.messageId}\n`,
  };
}

/** An e-mail with unknown fields was committed by a newer version, and waits for a consumer of that version. */
function directContent(payload: unknown): EmailContent | Reply {
  const { data, error } = emailContent.safeParse(payload);
  if (data) return data;
  if (error.issues.some(({ code }) => code === "unrecognized_keys")) {
    const excerpt = "The e-mail has fields that this version does not know: a newer one has committed it";
    return temporary(EMAIL_UNKNOWN, { excerpt });
  }
  return permanent("payload_invalid", "The payload is not an e-mail: commit it with email()");
}
