import { AwsV4Signer } from "aws4fetch";
import { MESSAGE_TAG, TENANT_TAG } from "../../../domain/email-tags.ts";
import type { RefusalScope } from "../../channel.ts";
import type { EmailFile, EmailProvider, Envelope } from "../provider.ts";
import { encodedWords } from "./encoded-word.ts";
import { type HttpAnswer, type HttpTools, httpProvider, type Judged } from "./over-http.ts";
import { parsedAddress } from "./parsed-address.ts";

interface SesTools extends HttpTools {
  accessKeyId: string;
  secretAccessKey: string;
  /** Token of temporary credentials. */
  sessionToken: string | undefined;
  region: string;
  /** Configuration set that tells what becomes of e-mails. Undefined: the identity's own. */
  configurationSet: string | undefined;
  /** `https://email.<region>.amazonaws.com`, or a stand-in. */
  baseUrl: string;
}

const PATH = "/v2/email/outbound-emails";

/** Amazon SES (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). It has no idempotency keys. */
export function sesProvider(given: SesTools): EmailProvider {
  const { accessKeyId, secretAccessKey, sessionToken, region, configurationSet, baseUrl, fetch, now } = given;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  return httpProvider(
    { fetch, now },
    {
      name: "ses",
      baseUrl,
      // The secret and the token of a session change while the account stays as it is.
      apiKey: accessKeyId,
      secrets: [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
      idempotencySeconds: 0,
      async toRequest(envelope) {
        const body = JSON.stringify({ ...toBody(envelope), ConfigurationSetName: configurationSet });
        const { headers } = await new AwsV4Signer({
          ...credentials,
          method: "POST",
          url: `${baseUrl}${PATH}`,
          headers: { "content-type": "application/json" },
          body,
          service: "ses",
          region,
          datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
        }).sign();
        return { path: PATH, headers: Object.fromEntries(headers), body };
      },
      idIn: ({ fields }) => fields["MessageId"],
      judge,
    },
  );
}

const inUtf8 = (text: string | undefined) =>
  text === undefined ? undefined : { Data: text, Charset: "UTF-8" };

function toBody(envelope: Envelope) {
  return {
    FromEmailAddress: toAscii(envelope.from),
    Destination: {
      ToAddresses: envelope.to.map(toAscii),
      CcAddresses: envelope.cc?.map(toAscii),
      BccAddresses: envelope.bcc?.map(toAscii),
    },
    ReplyToAddresses: envelope.replyTo?.map(toAscii),
    Content: {
      Simple: {
        Subject: inUtf8(envelope.subject),
        Body: { Text: inUtf8(envelope.text), Html: inUtf8(envelope.html) },
        Attachments: envelope.attachments?.map(toAttachment),
        Headers: envelope.headers && Object.entries(envelope.headers).map(toHeader),
      },
    },
    EmailTags: [
      { Name: MESSAGE_TAG, Value: envelope.messageId },
      { Name: TENANT_TAG, Value: envelope.tenantId },
      ...Object.entries(envelope.tags ?? {}).map(([Name, Value]) => ({ Name, Value })),
    ],
  };
}

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html, read on 30 November 2026. */
function toAttachment({ filename, type, content, contentId }: EmailFile) {
  return {
    FileName: filename,
    ContentType: type,
    RawContent: content,
    ContentTransferEncoding: "BASE64",
    ContentDisposition: contentId === undefined ? "ATTACHMENT" : "INLINE",
    ContentId: contentId,
  };
}

const ASCII = /^[\x20-\x7e]*$/;

/** SES takes addresses in ASCII alone, and names of other letters as encoded words. */
function toAscii(printed: string): string {
  const { email, name = "" } = parsedAddress(printed);
  return ASCII.test(name) ? printed : `${encodedWords(name)} <${email}>`;
}

/** So it does values of headers: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html, read on 30 November 2026. */
function toHeader([Name, value]: [name: string, value: string]) {
  const isPlain = ASCII.test(value) && !value.includes("=?");
  return { Name, Value: isPlain ? value : encodedWords(value) };
}

/**
 * Scopes by the name of the error, without `Exception`.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and CommonErrors.html, read on 30 November 2026.
 */
const SCOPES: Readonly<Record<string, RefusalScope>> = {
  BadRequest: "message",
  MessageRejected: "message",
  ValidationError: "message",
  MailFromDomainNotVerified: "sender",
  AccountSuspended: "account",
  SendingPaused: "account",
  LimitExceeded: "account",
  // A configuration set that is not there.
  NotFound: "account",
  AccessDenied: "account",
  ExpiredToken: "account",
  IncompleteSignature: "account",
  InvalidClientTokenId: "account",
  InvalidSignature: "account",
  MissingAuthenticationToken: "account",
  NotAuthorized: "account",
  OptInRequired: "account",
  RequestExpired: "account",
  SignatureDoesNotMatch: "account",
  UnrecognizedClient: "account",
};
const THROTTLES = new Set(["TooManyRequests", "Throttling"]);
const TOO_MANY_REQUESTS = 429;

/** SES names no time to wait, but asks for growing intervals of up to ten minutes. */
function judge({ status, headers, fields }: HttpAnswer): Judged {
  const error = nameIn(headers, fields);
  const message = String(fields["message"] ?? fields["Message"] ?? "");
  const scope = error === undefined ? "provider" : scopeOf(error, message);
  const asksToWait = scope === "provider" && (THROTTLES.has(error ?? "") || status === TOO_MANY_REQUESTS);
  return { scope, error, asksToWait };
}

/** `x-amzn-errortype: BadRequestException:http://…`, or the field `__type`. */
function nameIn(headers: Headers, { __type: type }: HttpAnswer["fields"]): string | undefined {
  const given = headers.get("x-amzn-errortype") ?? (typeof type === "string" ? type : "");
  const [, name] = /^(?:[^#:]*#)?(\w+)(?::|$)/.exec(given) ?? [];
  return name?.replace(/Exception$/, "");
}

function scopeOf(error: string, message: string): RefusalScope {
  if (error === "MessageRejected" && /not verified/i.test(message)) return "sender";
  // A policy may allow some senders only.
  if (error === "AccessDenied" && message.includes(":identity/")) return "sender";
  if (THROTTLES.has(error) && /daily/i.test(message)) return "account";
  return SCOPES[error] ?? "provider";
}
