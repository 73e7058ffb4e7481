import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { RefusalScope } from "../../channel.ts";
import type { EmailProvider, Envelope } from "../provider.ts";
import { type HttpAnswer, type HttpTools, httpProvider, type Judged } from "./over-http.ts";

interface PostmarkTools extends HttpTools {
  serverToken: string;
  /** Id of the message stream. Undefined: that of the server for transactional e-mails. */
  messageStream: string | undefined;
  /** `https://api.postmarkapp.com`, or a stand-in. */
  baseUrl: string;
}

/** Scopes by `ErrorCode`: https://postmarkapp.com/developer/api/overview#error-codes, read on 30 November 2026. */
const SCOPES: Readonly<Record<number, RefusalScope>> = {
  10: "account",
  300: "message",
  400: "sender",
  401: "sender",
  402: "message",
  403: "message",
  405: "account",
  406: "recipient",
  409: "message",
  411: "message",
  412: "account",
  413: "account",
};
const TOO_MANY_REQUESTS = 429;

/** Postmark (https://postmarkapp.com/developer/api/email-api). It has no idempotency keys. */
export function postmarkProvider(given: PostmarkTools): EmailProvider {
  const { serverToken: apiKey, messageStream, baseUrl, ...tools } = given;
  return httpProvider(tools, {
    name: "postmark",
    baseUrl,
    apiKey,
    idempotencySeconds: 0,
    toRequest: (envelope) => ({
      path: "/email",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "x-postmark-server-token": apiKey,
      },
      body: JSON.stringify({ ...toBody(envelope), MessageStream: messageStream }),
    }),
    idIn: ({ fields }) => (fields["ErrorCode"] ? undefined : fields["MessageID"]),
    judge,
  });
}

/** Each printed address quotes its own commas. */
function toBody(envelope: Envelope) {
  return {
    From: envelope.from,
    To: envelope.to.join(", "),
    Cc: envelope.cc?.join(", "),
    Bcc: envelope.bcc?.join(", "),
    ReplyTo: envelope.replyTo?.join(", "),
    Subject: envelope.subject,
    TextBody: envelope.text,
    HtmlBody: envelope.html,
    Metadata: { [MESSAGE_TAG]: envelope.messageId, [TENANT_TAG]: envelope.tenantId, ...envelope.tags },
    Attachments: envelope.attachments?.map(({ filename, type, content, contentId }) => ({
      Name: filename,
      Content: content,
      ContentType: type,
      ContentID: contentId === undefined ? undefined : `cid:${contentId}`,
    })),
    Headers: envelope.headers && Object.entries(envelope.headers).map(([Name, Value]) => ({ Name, Value })),
  };
}

/** Postmark documents no header that says how long to wait. */
function judge({ status, fields }: HttpAnswer): Judged {
  const { ErrorCode: code } = fields;
  const isCode = typeof code === "number";
  return {
    scope: (isCode && SCOPES[code]) || "provider",
    error: isCode ? `postmark_${code}` : undefined,
    asksToWait: status === TOO_MANY_REQUESTS || code === TOO_MANY_REQUESTS,
  };
}
