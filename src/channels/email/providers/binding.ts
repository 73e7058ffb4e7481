import { UNCERTAIN } from "../../../domain/email-status.ts";
import { tagHeaders } from "../../../domain/email-tags.ts";
import { limits } from "../../../platform/limits.ts";
import { isPlatformLimit, PLATFORM_LIMIT, type RefusalScope, type Reply, temporary } from "../../channel.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { EmailFile, EmailProvider, Envelope } from "../provider.ts";
import { parsedAddress } from "./parsed-address.ts";
import { refusedFor } from "./refused.ts";

/** Cloudflare's binding `send_email`. https://developers.cloudflare.com/email-service/ */
export interface EmailBinding {
  send(email: EmailMessageBuilder): Promise<{ messageId: string }>;
}

/** Scopes by the code of the error: https://developers.cloudflare.com/email-service/, read on 30 November 2026. */
const SCOPES: readonly [codes: RegExp, scope: RefusalScope][] = [
  [/^E_(VALIDATION_ERROR|FIELD_MISSING|TOO_MANY_RECIPIENTS|CONTENT_TOO_LARGE|HEADERS?_\w+)$/, "message"],
  [/^E_RECIPIENT_(NOT_ALLOWED|SUPPRESSED)$/, "recipient"],
  [/^E_SENDER_(NOT_VERIFIED|DOMAIN_NOT_AVAILABLE)$/, "sender"],
  [/^E_DAILY_LIMIT_EXCEEDED$/, "account"],
];
const RATE_LIMIT = "E_RATE_LIMIT_EXCEEDED";
const DAILY_LIMIT = "E_DAILY_LIMIT_EXCEEDED";
/** Class of an e-mail that it cannot say. */
const SEVERAL_REPLY_TO = "binding_reply_to";
const DAILY_LIMIT_WAIT_MS = 3600_000;
/** Words of the runtime for a call whose answer is lost. */
const LOST_CALL = /connection lost|disconnected|reset/i;

/** The `send_email` binding. It has no idempotency key: an attempt whose answer is lost can send twice. */
export function bindingProvider(binding: EmailBinding): EmailProvider {
  return {
    account: { name: "binding" },
    idempotencySeconds: 0,
    eventsBy: "cloudflare",
    async send(envelope, signal) {
      if ((envelope.replyTo?.length ?? 0) > 1)
        return refusedFor("message", SEVERAL_REPLY_TO, {
          excerpt: "The binding takes one replyTo; give one",
        });
      try {
        // The binding takes no signal.
        const { messageId } =
          (await untilAborted(signal, async () => binding.send(toBuilder(envelope)))) ?? {};
        return messageId
          ? { kind: "accepted", id: messageId, httpStatus: null, excerpt: messageId }
          : temporary(UNCERTAIN, { excerpt: "The binding has answered without an id" });
      } catch (error) {
        return refusalFrom(error);
      }
    },
  };
}

function toBuilder(envelope: Envelope): EmailMessageBuilder {
  return {
    from: toAddress(envelope.from),
    to: envelope.to.map(toAddress),
    ...(envelope.cc && { cc: envelope.cc.map(toAddress) }),
    ...(envelope.bcc && { bcc: envelope.bcc.map(toAddress) }),
    ...(envelope.replyTo?.[0] && { replyTo: toAddress(envelope.replyTo[0]) }),
    subject: envelope.subject,
    ...(envelope.text !== undefined && { text: envelope.text }),
    ...(envelope.html !== undefined && { html: envelope.html }),
    headers: headersOf(envelope),
    ...(envelope.attachments && { attachments: envelope.attachments.map(toAttachment) }),
  };
}

/** In base 64: the local emulator takes no bytes. */
function toAttachment({ contentId, ...file }: EmailFile) {
  return contentId === undefined
    ? { ...file, disposition: "attachment" as const }
    : { ...file, disposition: "inline" as const, contentId };
}

/** It has no tags. The id of the reference is an app's, where it gives one. */
function headersOf({ headers = {}, tags, idempotencyKey }: Envelope): Record<string, string> {
  const isGiven = Object.keys(headers).some((name) => /^x-entity-ref-id$/i.test(name));
  return { ...(!isGiven && { "X-Entity-Ref-ID": idempotencyKey }), ...tagHeaders(tags), ...headers };
}

function toAddress(text: string): string | EmailAddress {
  const { email, name } = parsedAddress(text);
  return name === undefined ? email : { email, name };
}

function refusalFrom(error: unknown): Reply {
  const excerpt = (error instanceof Error ? error.message : String(error)).slice(0, limits.errorLength);
  if (isPlatformLimit(error)) return temporary(PLATFORM_LIMIT, { excerpt, unsent: true });
  if (isTimeout(error)) return temporary(UNCERTAIN, { excerpt });
  const code = codeOf(error);
  if (code === undefined)
    return temporary(LOST_CALL.test(excerpt) ? UNCERTAIN : "email_binding", { excerpt });
  const scope = SCOPES.find(([codes]) => codes.test(code))?.[1] ?? "provider";
  if (code === RATE_LIMIT) {
    return refusedFor(scope, code, { excerpt, spares: true });
  }
  return refusedFor(scope, code, {
    excerpt,
    retryAfterMs: code === DAILY_LIMIT ? DAILY_LIMIT_WAIT_MS : null,
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
