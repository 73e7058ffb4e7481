import { type Refusal, type Reply, temporary } from "../channel.ts";
import { networkRefusal } from "../network-error.ts";
import { readExcerpt, retryAfterMs } from "../read-response.ts";
import type { EmailProvider, Envelope } from "./email.ts";

interface ResendTools {
  fetch: typeof fetch;
  apiKey: string;
  /** `https://api.resend.com`, or a stand-in. */
  baseUrl: string;
  now: () => number;
}

/** Resend (https://resend.com/docs/api-reference/emails/send-email). Repeats within 24 hours send nothing. */
export function resendProvider(tools: ResendTools): EmailProvider {
  return {
    async send(envelope, signal) {
      try {
        const response = await tools.fetch(`${tools.baseUrl}/emails`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${tools.apiKey}`,
            "content-type": "application/json",
            "idempotency-key": envelope.idempotencyKey,
            "user-agent": "edge-outbox",
          },
          body: JSON.stringify(toBody(envelope)),
          redirect: "manual",
          signal,
        });
        return await replyFrom(response, tools);
      } catch (error) {
        return networkRefusal(error, [tools.apiKey]);
      }
    },
  };
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
  };
}

async function replyFrom(response: Response, { apiKey, now }: ResendTools): Promise<Reply> {
  const httpStatus = response.status;
  const wait = retryAfterMs(response.headers.get("retry-after"), now());
  const excerpt = await readExcerpt(response, [apiKey]);
  if (response.ok) return { kind: "accepted", httpStatus, excerpt };
  const refusal: Refusal = temporary("http_status", { httpStatus, excerpt, retryAfterMs: wait });
  return PERMANENT.has(httpStatus) ? { ...refusal, kind: "permanent" } : refusal;
}

/**
 * Statuses that no repetition changes. 401 and 403 are not among them: they mean that the key or the domain is not set
 * up, and every e-mail would be dead before the operator could mend it.
 */
const PERMANENT = new Set([400, 404, 405, 413, 422]);
