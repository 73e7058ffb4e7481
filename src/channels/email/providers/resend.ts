/// <reference path="../../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import { limits } from "../../../platform/limits.ts";
import { type Reply, temporary, UNCERTAIN } from "../../channel.ts";
import { networkRefusal } from "../../network-error.ts";
import { excerptOf, readBeginning, retryAfterMs } from "../../read-response.ts";
import type { EmailProvider, Envelope } from "../email.ts";
import { refusedFor } from "./refused.ts";
import { asksToWait, scopeOf } from "./resend-errors.ts";

interface ResendTools {
  fetch: typeof fetch;
  apiKey: string;
  /** `https://api.resend.com`, or a stand-in. */
  baseUrl: string;
  now: () => number;
}

/** Names of errors are told in the log, where nothing else of an answer is. */
const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Requests a second that every account may make (https://resend.com/docs/api-reference/rate-limit). */
const LEAST_PER_SECOND = 2;

/** Resend (https://resend.com/docs/api-reference/emails/send-email). Repeats within 24 hours send nothing. */
export function resendProvider(tools: ResendTools): EmailProvider {
  return {
    account: { name: `resend-${fingerprintOf(tools)}`, perSecond: LEAST_PER_SECOND },
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

/** Another key is another account: one that is repaired does not wait for the former one. */
function fingerprintOf({ apiKey, baseUrl }: ResendTools): string {
  return createHash("sha256").update(`${baseUrl} ${apiKey}`).digest("hex").slice(0, 12);
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

/** An e-mail is accepted with its id only: a proxy answers 200 too, and half an answer may be one of either kind. */
async function replyFrom(response: Response, { apiKey, now }: ResendTools): Promise<Reply> {
  const { status: httpStatus, headers } = response;
  const { text, whole } = await readBeginning(response, limits.responseBytes);
  const excerpt = text === "" ? null : excerptOf(text, [apiKey]);
  const answer = whole ? objectIn(text) : {};
  const perSecond = rateIn(headers);
  if (response.ok) {
    const { id } = answer;
    return typeof id === "string" && id !== ""
      ? { kind: "accepted", id, httpStatus, excerpt, perSecond }
      : temporary(UNCERTAIN, { httpStatus, excerpt });
  }
  const name = NAME.exec(String(answer.name))?.[0];
  const error = { status: httpStatus, name, message: String(answer.message ?? "") };
  const asked = headers.get("retry-after") ?? (asksToWait(error) ? headers.get("ratelimit-reset") : null);
  return refusedFor(scopeOf(error), name ?? "http_status", {
    httpStatus,
    excerpt,
    retryAfterMs: retryAfterMs(asked, now()),
    perSecond,
    ...(asksToWait(error) && { spares: true }),
  });
}

/** Fields of an answer, as far as it has them. */
interface Answer {
  id?: unknown;
  name?: unknown;
  message?: unknown;
}

function objectIn(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Answer) : {};
  } catch {
    return {};
  }
}

/** `ratelimit-limit: 2`, in a window of a second unless a policy names another, as `2;w=1`. */
function rateIn(headers: Headers): number | undefined {
  const limit = Number.parseFloat(headers.get("ratelimit-limit") ?? "");
  const policy = headers.get("ratelimit-policy") ?? headers.get("ratelimit-limit") ?? "";
  const window = Number(/;\s*w=(\d+)/.exec(policy)?.[1] ?? 1);
  return limit > 0 && window > 0 ? limit / window : undefined;
}
