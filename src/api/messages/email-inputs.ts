import { emailAttachments } from "../../domain/email-attachments.ts";
import { emailContent, expiresAtText } from "../../domain/email-content.ts";
import { leftOut } from "../../platform/fields.ts";
import { limits } from "../../platform/limits.ts";
import { described, describedItems } from "../described.ts";
import { deliverAt, messageInput } from "./inputs.ts";

const attachments = describedItems(emailAttachments, {
  filename: "Name of the file, without a path and quotes.",
  type: "Media type, as `application/pdf`.",
  content: "The file in base64. Give `content` or `r2`.",
  r2: "Key of the file in the R2 bucket `EMAIL_ATTACHMENTS`, from which it is read at the commit and at each attempt. With a tenant's token it begins with the tenant's id and a slash.",
  sha256:
    "SHA-256 of the file in R2, as 64 hexadecimal digits. Defaults to that of the file at the commit. An attempt that finds another file sends nothing.",
  contentId: "Makes the file a part of the HTML, which names it as `cid:` and this id.",
});

const expiresAt = leftOut(expiresAtText).openapi({
  description:
    "Instant from which the e-mail is not sent any more: its delivery ends `cancelled`, with the reason `expired`. Defaults to never.",
  example: "2026-11-23T20:15:00Z",
});
const { orderingKey } = messageInput.shape;

const ADDRESSES = "one address or a list of them, as `ada@example.com` or `Ada <ada@example.com>`.";

export const emailInput = described(emailContent.safeExtend({ attachments: leftOut(attachments) }), {
  to: `Recipients: ${ADDRESSES} Each gets an e-mail of their own, unless \`together\` is true. At most ${limits.recipients} in \`to\`, \`cc\` and \`bcc\` together.`,
  cc: `Recipients of copies: ${ADDRESSES} With several \`to\` only where \`together\` is true.`,
  bcc: `Recipients of blind copies, hidden from the others: ${ADDRESSES} With several \`to\` only where \`together\` is true.`,
  from: "Sender. Defaults to `EMAIL_FROM`.",
  replyTo: `Addresses that receive answers: one, or up to ${limits.replyTos}. Cloudflare's binding takes one: an e-mail with several is a dead letter there.`,
  subject: "Subject of the e-mail, on one line.",
  text: "Content as plain text. Give `text`, `html` or both.",
  html: "Content as HTML.",
  headers: `Further headers, up to ${limits.emailHeaders}: \`X-…\`, and those that every provider takes, as \`In-Reply-To\`, \`References\`, \`List-Unsubscribe\` and \`Auto-Submitted\`. A value is one line of up to ${limits.emailHeaderBytes} bytes; all of them, with the tags, have up to ${limits.emailHeadersBytes / 1000} KB. Refused are headers that have a field of their own, that are set anyway, or that are orders to a provider.`,
  tags: `Tags by name, up to ${limits.emailTags}, that the provider keeps and gives back: names of up to ${limits.emailTagNameLength} and values of up to ${limits.emailTagLength} letters, digits, - and _.`,
  attachments: `Files, up to ${limits.emailAttachments}: in the message, which has up to ${limits.payloadBytes / 1024} KiB, or in R2, of up to ${limits.emailFilesBytes / 1024 / 1024} MiB together.`,
  onUncertain:
    "`hold`: where nobody knows whether an attempt was taken, and the provider drops no repetition, the e-mail is dead with the reason `uncertain`, for a person to look at. Defaults to `retry`.",
  topic:
    "Kind of e-mails, as `newsletter`, that its recipient can unsubscribe from. Nothing is sent after that. Defaults to none.",
  together:
    "True: one e-mail to all of `to`, who see each other; a `topic` is refused beside it. Defaults to false: an e-mail for each recipient, with a state and an unsubscribe link of its own.",
  sensitive:
    "True: subject, content, values of headers and files in the message are sealed with `SECRET_KEYS` at rest, shown as `[sealed]`, and wiped when the delivery is settled. Defaults to false.",
}).safeExtend({ expiresAt, orderingKey, deliverAt });
