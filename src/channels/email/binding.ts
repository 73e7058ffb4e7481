import { type Address, parseAddress } from "../../domain/email-content.ts";
import { limits } from "../../platform/limits.ts";
import { isPlatformLimit, PLATFORM_LIMIT, permanent, type Reply, temporary } from "../channel.ts";
import { untilAborted } from "../until-aborted.ts";
import type { EmailProvider, Envelope } from "./email.ts";

/** Cloudflare's binding `send_email`. https://developers.cloudflare.com/email-service/ */
export interface EmailBinding {
  send(email: EmailMessageBuilder): Promise<{ messageId: string }>;
}

/**
 * Codes of Cloudflare's Email Service that no repetition changes. An unverified sender is not among them: the operator
 * can mend it, and every e-mail would be dead by then. Nor are unknown codes.
 */
const PERMANENT =
  /^E_(VALIDATION_ERROR|FIELD_MISSING|TOO_MANY_RECIPIENTS|RECIPIENT_NOT_ALLOWED|RECIPIENT_SUPPRESSED|CONTENT_TOO_LARGE|HEADER_\w+)$/;
const DAILY_LIMIT_WAIT_MS = 3600_000;

/** The `send_email` binding. It has no idempotency key: an attempt whose answer is lost can send twice. */
export function bindingProvider(binding: EmailBinding): EmailProvider {
  return {
    async send(envelope, signal) {
      try {
        // The binding takes no signal.
        const { messageId } = await untilAborted(signal, async () => binding.send(toBuilder(envelope)));
        return { kind: "accepted", httpStatus: null, excerpt: messageId };
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
    ...(envelope.replyTo && { replyTo: toAddress(envelope.replyTo) }),
    subject: envelope.subject,
    ...(envelope.text !== undefined && { text: envelope.text }),
    ...(envelope.html !== undefined && { html: envelope.html }),
    headers: { "X-Entity-Ref-ID": envelope.idempotencyKey },
  };
}

function toAddress(text: string): string | EmailAddress {
  const { email, name }: Address = parseAddress(text);
  return name === undefined ? email : { email, name };
}

function refusalFrom(error: unknown): Reply {
  const excerpt = (error instanceof Error ? error.message : String(error)).slice(0, limits.errorLength);
  if (isPlatformLimit(error)) return temporary(PLATFORM_LIMIT, { excerpt });
  if (isTimeout(error)) return temporary("timeout", { excerpt });
  const code = codeOf(error);
  if (code === undefined) return temporary("email_binding", { excerpt });
  if (PERMANENT.test(code)) return permanent(code, excerpt);
  const retryAfterMs = code === "E_DAILY_LIMIT_EXCEEDED" ? DAILY_LIMIT_WAIT_MS : null;
  return temporary(code, { excerpt, retryAfterMs });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
