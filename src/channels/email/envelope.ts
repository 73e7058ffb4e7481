/// <reference path="../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import type { EmailAttachment } from "../../domain/email-attachments.ts";
import { type EmailContent, storedEmail } from "../../domain/email-content.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import { parseExact } from "../../platform/exact-json.ts";
import { parseMailbox } from "../../platform/mailbox-address.ts";
import { type Dispatch, EMAIL_UNKNOWN, permanent, type Refusal, temporary } from "../channel.ts";
import type { Envelope } from "./provider.ts";

/** The e-mail that a dispatch orders, without its files, and these; a refusal if it orders none. */
export function envelopeOf(
  dispatch: Dispatch,
  defaultFrom: string,
): { envelope: Envelope; attachments: readonly EmailAttachment[] } | Refusal {
  const whole = contentOf(dispatch);
  if ("kind" in whole) return whole;
  const content = withoutSuppressed(whole, dispatch.suppressed);
  const { tenantId, messageId, committedAt, attempt } = dispatch;
  const email = { ...content, from: content.from ?? defaultFrom };
  const ids = { tenantId, messageId, committedAt, attempt, idempotencyKey: keyOf(dispatch, email) };
  const { replyTo, attachments = [], onUncertain: _, ...rest } = email;
  const envelope = { ...rest, ...(replyTo !== undefined && { replyTo: [replyTo].flat() }), ...ids };
  return { envelope, attachments };
}

/**
 * An e-mail that a person has sent again after it was accepted is another one; a provider would drop it by its former
 * key. An e-mail about an event is written at each attempt, by the settings and the version of that instant, and one to
 * several leaves out who is suppressed by then: a provider refuses another content under a key that it knows.
 */
function keyOf(dispatch: Dispatch, email: EmailContent): string {
  const { endpoint, suppressed } = dispatch;
  if (endpoint.id === DIRECT_EMAIL_ENDPOINT && !suppressed) return repetitionKey(dispatch);
  const content = createHash("sha256").update(JSON.stringify(email)).digest("hex");
  return repetitionKey(dispatch, `/${content.slice(0, CONTENT_DIGITS)}`);
}

/** Key by which a provider recognizes a repetition: another one after a person has had it sent again. */
export function repetitionKey({ messageId, endpoint, resends }: Dispatch, content = ""): string {
  return `${messageId}/${endpoint.id}${content}${resends ? `/r${resends}` : ""}`;
}

const CONTENT_DIGITS = 12;

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

/** Sender of a direct e-mail that this version reads, and that may share a request: one without files. Undefined: it may not. */
export function sharingSenderOf(endpointId: string, payload: string): string | undefined {
  if (endpointId !== DIRECT_EMAIL_ENDPOINT) return undefined;
  const content = directContent(parseExact(payload));
  return "kind" in content || content.attachments ? undefined : content.from;
}

/** Address by which a sender is told from others. */
export function addressOf(sender: string): string {
  return (parseMailbox(sender)?.email ?? sender).toLowerCase();
}

/** Sender of a direct e-mail; undefined if it names none. */
export function senderOf(endpointId: string, payload: string): string | undefined {
  if (endpointId !== DIRECT_EMAIL_ENDPOINT) return undefined;
  const { from } = (parseExact(payload) ?? {}) as { from?: unknown };
  return typeof from === "string" ? from : undefined;
}

function contentOf(dispatch: Dispatch): EmailContent | Refusal {
  const payload = parseExact(dispatch.payload);
  if (dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT) return directContent(payload);
  return {
    to: [dispatch.endpoint.target],
    subject: dispatch.eventType,
    text: `${dispatch.eventType}\n\n${JSON.stringify(payload, null, 2)}\n\n${dispatch.messageId}\n`,
  };
}

/** An e-mail with unknown fields was committed by a newer version, and waits for a consumer of that version. */
function directContent(payload: unknown): EmailContent | Refusal {
  const { data, error } = storedEmail.safeParse(payload);
  if (data) {
    const { topic: _, together: _together, sensitive: _sensitive, unsubscribe, ...content } = data;
    if (unsubscribe === undefined) return content;
    // Mail programs offer to unsubscribe by them: https://www.rfc-editor.org/rfc/rfc8058#section-3.1.
    const headers = {
      "List-Unsubscribe": `<${unsubscribe}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    };
    return { ...content, headers: { ...content.headers, ...headers } };
  }
  if (error.issues.some(({ code }) => code === "unrecognized_keys")) {
    const excerpt = "The e-mail has fields that this version does not know: a newer one has committed it";
    return temporary(EMAIL_UNKNOWN, { excerpt, unsent: true });
  }
  return permanent("payload_invalid", "The payload is not an e-mail: commit it with email()");
}
