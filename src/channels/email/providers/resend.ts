import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { EmailProvider, Envelope } from "../provider.ts";
import { type HttpAnswer, type HttpTools, httpProvider, type Judged } from "./over-http.ts";
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
/** https://resend.com/docs/api-reference/emails/send-batch-emails, read on 30 November 2026. */
const MOST_AT_ONCE = 100;

/** Resend (https://resend.com/docs/api-reference/emails/send-email). Repeats within 24 hours send nothing. */
export function resendProvider({ apiKey, baseUrl, ...tools }: ResendTools): EmailProvider {
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  return httpProvider(tools, {
    name: "resend",
    baseUrl,
    apiKey,
    perSecond: LEAST_PER_SECOND,
    idempotencySeconds: KEYS_LAST_SECONDS,
    toRequest: (envelope) => ({
      path: "/emails",
      headers: { ...headers, "idempotency-key": envelope.idempotencyKey },
      body: JSON.stringify(toBody(envelope)),
    }),
    idIn: ({ fields }) => fields["id"],
    judge,
    rateIn,
    batch: {
      most: MOST_AT_ONCE,
      toRequest: (envelopes, key) => ({
        path: "/emails/batch",
        headers: { ...headers, "idempotency-key": key, "x-batch-validation": "permissive" },
        body: JSON.stringify(envelopes.map(toBody)),
      }),
      outcomesIn,
    },
  });
}

/** Ids of those that were taken, in order, and the places and errors of the others. */
function outcomesIn({ fields }: HttpAnswer, count: number): ({ id: string } | Judged)[] | undefined {
  const { data, errors = [] } = fields as BatchAnswer;
  if (!Array.isArray(data) || !Array.isArray(errors)) return undefined;
  const ids = data.map((taken) => taken?.id).filter((id) => typeof id === "string" && id !== "");
  const refused = new Map(errors.map((error) => [error?.index, String(error?.message ?? "")]));
  const isPlace = (index: unknown) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < count;
  if (![...refused.keys()].every(isPlace)) return undefined;
  if (data.length + errors.length !== count || refused.size + ids.length !== count) return undefined;
  const taken = ids.values();
  return Array.from({ length: count }, (_, place) => {
    const words = refused.get(place);
    if (words === undefined) return { id: taken.next().value as string };
    const scope = scopeOf({ status: 422, name: "validation_error", message: words });
    return { scope, error: "validation_error", words };
  });
}

interface BatchAnswer {
  data?: ({ id?: unknown } | null)[];
  errors?: ({ index?: number; message?: unknown } | null)[];
}

function toBody(envelope: Envelope) {
  return {
    from: envelope.from,
    to: envelope.to,
    cc: envelope.cc,
    bcc: envelope.bcc,
    // A single one is no list: a repetition has the same bytes as before there could be several.
    reply_to: envelope.replyTo?.length === 1 ? envelope.replyTo[0] : envelope.replyTo,
    subject: envelope.subject,
    text: envelope.text,
    html: envelope.html,
    tags: [
      { name: MESSAGE_TAG, value: envelope.messageId },
      { name: TENANT_TAG, value: envelope.tenantId },
      ...Object.entries(envelope.tags ?? {}).map(([name, value]) => ({ name, value })),
    ],
    headers: envelope.headers,
    attachments: envelope.attachments?.map(({ filename, type, content, contentId }) => ({
      filename,
      content,
      content_type: type,
      content_id: contentId,
    })),
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
