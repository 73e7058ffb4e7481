/// <reference path="../../../platform/node-crypto.d.ts" />
import { Buffer } from "node:buffer";
import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { RefusalScope } from "../../channel.ts";
import type { EmailFile, EmailProvider, Envelope } from "../provider.ts";
import { type FilePart, multipart } from "./multipart.ts";
import { type HttpAnswer, type HttpTools, httpProvider, type Judged } from "./over-http.ts";

interface MailgunTools extends HttpTools {
  apiKey: string;
  /** Sending domain. */
  domain: string;
  /** `https://api.mailgun.net`, `https://api.eu.mailgun.net`, or a stand-in. */
  baseUrl: string;
}

const TOO_MANY_REQUESTS = 429;

/** Mailgun (https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages). It has no idempotency keys. */
export function mailgunProvider({ apiKey, domain, baseUrl, ...tools }: MailgunTools): EmailProvider {
  const authorization = `Basic ${btoa(`api:${apiKey}`)}`;
  return httpProvider(tools, {
    name: "mailgun",
    // The domain is a part of the account: each has its own reputation and its own quota.
    baseUrl: `${baseUrl}/v3/${encodeURIComponent(domain)}`,
    apiKey,
    idempotencySeconds: 0,
    toRequest: (envelope) => {
      const { type, body } = envelope.attachments
        ? multipart(fieldsOf(envelope), envelope.attachments.map(toPart), envelope.idempotencyKey)
        : {
            type: "application/x-www-form-urlencoded",
            body: new URLSearchParams(fieldsOf(envelope)).toString(),
          };
      return { path: "/messages", headers: { authorization, "content-type": type }, body };
    },
    idIn: ({ fields }) => fields["id"],
    judge,
  });
}

/**
 * A file of the HTML is named by its name, and by nothing else
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-attachments).
 */
function toPart({ filename, type, content, contentId }: EmailFile): FilePart {
  const name = contentId === undefined ? "attachment" : "inline";
  return { name, filename: contentId ?? filename, type, bytes: Buffer.from(content, "base64") };
}

/** Each printed address quotes its own commas. */
function fieldsOf(envelope: Envelope): [name: string, value: string][] {
  const fields: Record<string, string | undefined> = {
    from: envelope.from,
    to: envelope.to.join(", "),
    cc: envelope.cc?.join(", "),
    bcc: envelope.bcc?.join(", "),
    "h:Reply-To": envelope.replyTo?.join(", "),
    subject: envelope.subject,
    text: envelope.text,
    html: envelope.html,
    [`v:${MESSAGE_TAG}`]: envelope.messageId,
    [`v:${TENANT_TAG}`]: envelope.tenantId,
    ...prefixed("v:", envelope.tags),
    ...prefixed("h:", envelope.headers),
  };
  return Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
}

const prefixed = (prefix: string, all: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value]));

/** https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses, read on 30 November 2026. */
const SCOPES: Readonly<Record<number, RefusalScope>> = {
  400: "message",
  401: "account",
  402: "account",
  403: "account",
  // A domain that the account does not have, or not yet.
  404: "account",
  413: "message",
};

/** A refused key is answered with this word, and no JSON. */
const FORBIDDEN = "Forbidden";

/** Mailgun's errors have no codes, but a message, by which its answer is told from a proxy's. */
function judge({ status, headers, text, fields }: HttpAnswer): Judged {
  const asksToWait = status === TOO_MANY_REQUESTS;
  const { message } = fields;
  const isIts = typeof message === "string" || (status === 401 && text.trim() === FORBIDDEN);
  const scope = isIts ? scopeOf(status, String(message)) : "provider";
  return { scope, asksToWait, resetsAt: headers.get("x-ratelimit-reset") };
}

/** A sandbox sends to the addresses that it was told of alone, until it has a domain. */
function scopeOf(status: number, said: string): RefusalScope {
  if (status < 500 && /test purposes only|authorized recipients/i.test(said)) return "sender";
  return SCOPES[status] ?? "provider";
}
