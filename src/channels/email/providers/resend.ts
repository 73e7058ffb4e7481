import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { EmailProvider, Envelope } from "../email.ts";
import { type HttpAnswer, type HttpTools, httpProvider } from "./over-http.ts";
import { asksToWait, scopeOf } from "./resend-errors.ts";

interface ResendTools extends HttpTools {
  apiKey: string;
  /** `https://api.resend.com`, or a stand-in. */
  baseUrl: string;
}

/** Requests a second that every account may make (https://resend.com/docs/api-reference/rate-limit). */
const LEAST_PER_SECOND = 2;
/** https://resend.com/docs/dashboard/emails/idempotency-keys */
const KEYS_LAST_SECONDS = 24 * 3600;

/** Resend (https://resend.com/docs/api-reference/emails/send-email). Repeats within 24 hours send nothing. */
export function resendProvider({ apiKey, baseUrl, ...tools }: ResendTools): EmailProvider {
  return httpProvider(tools, {
    name: "resend",
    baseUrl,
    apiKey,
    perSecond: LEAST_PER_SECOND,
    idempotencySeconds: KEYS_LAST_SECONDS,
    toRequest: (envelope) => ({
      path: "/emails",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "idempotency-key": envelope.idempotencyKey,
      },
      body: JSON.stringify(toBody(envelope)),
    }),
    idIn: ({ fields }) => fields["id"],
    judge,
    rateIn,
  });
}

function toBody(envelope: Envelope) {
  return {
    from: envelope.from,
    to: envelope.to,
    cc: envelope.cc,
    bcc: envelope.bcc,
    reply_to: envelope.replyTo,
    subject: envelope.subject,
    text: envelope.text,
    html: envelope.html,
    tags: [
      { name: MESSAGE_TAG, value: envelope.messageId },
      { name: TENANT_TAG, value: envelope.tenantId },
    ],
  };
}

function judge({ status, headers, fields }: HttpAnswer) {
  const name = typeof fields["name"] === "string" ? fields["name"] : undefined;
  const error = { status, name, message: String(fields["message"] ?? "") };
  const resetsAt = headers.get("ratelimit-reset");
  return { scope: scopeOf(error), error: name, asksToWait: asksToWait(error), resetsAt };
}

/** `ratelimit-limit: 2`, in a window of a second unless a policy names another, as `2;w=1`. */
function rateIn(headers: Headers): number | undefined {
  const limit = Number.parseFloat(headers.get("ratelimit-limit") ?? "");
  const policy = headers.get("ratelimit-policy") ?? headers.get("ratelimit-limit") ?? "";
  const window = Number(/;\s*w=(\d+)/.exec(policy)?.[1] ?? 1);
  return limit > 0 && window > 0 ? limit / window : undefined;
}
