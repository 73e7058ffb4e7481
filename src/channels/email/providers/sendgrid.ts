import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { RefusalScope } from "../../channel.ts";
import type { EmailProvider, Envelope } from "../provider.ts";
import { type HttpAnswer, type HttpTools, httpProvider, type Judged } from "./over-http.ts";
import { parsedAddress } from "./parsed-address.ts";

interface SendGridTools extends HttpTools {
  apiKey: string;
  /** `https://api.sendgrid.com`, `https://api.eu.sendgrid.com`, or a stand-in. */
  baseUrl: string;
}

const TOO_MANY_REQUESTS = 429;

/** SendGrid (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send). It has no idempotency keys. */
export function sendgridProvider({ apiKey, baseUrl, ...tools }: SendGridTools): EmailProvider {
  return httpProvider(tools, {
    name: "sendgrid",
    baseUrl,
    apiKey,
    idempotencySeconds: 0,
    toRequest: (envelope) => ({
      path: "/v3/mail/send",
      headers: {
        accept: "application/json",
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(toBody(envelope)),
    }),
    idIn: ({ headers }) => headers.get("x-message-id"),
    judge,
  });
}

/** Plain text comes first, as SendGrid wants it. */
function toBody(envelope: Envelope) {
  const { text, html, tags = {} } = envelope;
  const replyTo = unknownOf(new Set(), envelope.replyTo);
  return {
    personalizations: [recipientsOf(envelope)],
    from: parsedAddress(envelope.from),
    reply_to: replyTo?.length === 1 ? replyTo[0] : undefined,
    reply_to_list: (replyTo?.length ?? 0) > 1 ? replyTo : undefined,
    subject: envelope.subject,
    content: [
      ...(text === undefined ? [] : [{ type: "text/plain", value: text }]),
      ...(html === undefined ? [] : [{ type: "text/html", value: html }]),
    ],
    custom_args: {
      [MESSAGE_TAG]: envelope.messageId,
      [TENANT_TAG]: envelope.tenantId,
      // Fields of an event, beside its own: a tag named `event` would be taken for one of those.
      ...Object.fromEntries(Object.entries(tags).map(([name, value]) => [`tag-${name}`, value])),
    },
    headers: envelope.headers,
    attachments: envelope.attachments?.map(({ contentId, ...file }) => ({
      ...file,
      disposition: contentId === undefined ? "attachment" : "inline",
      content_id: contentId,
    })),
  };
}

/** An e-mail that names an address twice is refused, so each is named where it comes first. */
function recipientsOf({ to, cc = [], bcc = [] }: Envelope) {
  const known = new Set<string>();
  return { to: unknownOf(known, to), cc: unknownOf(known, cc), bcc: unknownOf(known, bcc) };
}

/** Mailboxes whose addresses are not known yet; undefined for none. */
function unknownOf(known: Set<string>, list: readonly string[] = []) {
  const parsed = list.map(parsedAddress).filter(({ email }) => {
    const isKnown = known.has(email.toLowerCase());
    known.add(email.toLowerCase());
    return !isKnown;
  });
  return parsed.length === 0 ? undefined : parsed;
}

/**
 * SendGrid's errors have no codes, but a list of messages, by which its answer is told from a proxy's.
 * https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors, read on 30 November 2026.
 */
function judge({ status, headers, fields }: HttpAnswer): Judged {
  const asksToWait = status === TOO_MANY_REQUESTS;
  const { errors } = fields;
  const isIts = Array.isArray(errors) && errors.length > 0;
  const said = isIts ? errors.map((one) => String(one?.message)).join(" ") : "";
  const scope = isIts ? scopeOf(status, said) : "provider";
  return { scope, asksToWait, resetsAt: headers.get("x-ratelimit-reset") };
}

const SCOPES: Readonly<Record<number, RefusalScope>> = {
  400: "message",
  401: "account",
  403: "account",
  // A wrong base URL.
  404: "account",
  405: "account",
  413: "message",
};

function scopeOf(status: number, said: string): RefusalScope {
  if (status === 403 && /sender identity|from address|send from/i.test(said)) return "sender";
  return SCOPES[status] ?? "provider";
}
