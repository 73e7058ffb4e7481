import * as z from "zod";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { parseMailbox, printMailbox } from "../platform/mailbox-address.ts";
import { emailAttachments } from "./email-attachments.ts";
import { emailHeaders, headerBytes } from "./email-headers.ts";
import { plainAddress } from "./email-status.ts";
import { emailTags, tagHeaders } from "./email-tags.ts";
import { topicName } from "./email-topic.ts";
import { instantInput, NOT_AN_INSTANT } from "./instant.ts";
import { UNSAFE } from "./one-line.ts";

const NOT_AN_ADDRESS = 'must be one e-mail address, as "ada@example.com" or "Ada <ada@example.com>"';
const TOO_LONG = `must have at most ${limits.addressLength} characters, with its name in quotes and its domain in ASCII`;
/** One mailbox. Its printed form is kept, which has one meaning for everybody. */
const address = wellFormed(z.string({ error: NOT_AN_ADDRESS }).max(limits.addressLength)).transform(
  (text, context) => {
    const mailbox = parseMailbox(text);
    const printed = mailbox && printMailbox(mailbox);
    if (printed !== undefined && printed.length <= limits.addressLength) return printed;
    const message = printed === undefined ? NOT_AN_ADDRESS : TOO_LONG;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  },
);

/** One address, with a name or without; kept without, in lower case. */
export const plainAddressInput = wellFormed(
  z.string({ error: NOT_AN_ADDRESS }).max(limits.addressLength),
).transform((text, context) => {
  const email = plainAddress(text);
  if (email !== undefined) return email;
  context.addIssue({ code: "custom", message: NOT_AN_ADDRESS });
  return z.NEVER;
});

/** A provider that refuses such a name as a wrong sender would be asked to wait for the address, which is everybody's. */
const sender = address.refine((text) => !/[<>]/.test(parseMailbox(text)?.name ?? ""), {
  error: "must have a name without < and >",
});

const addresses = z.union([address.transform((one) => [one]), z.array(address).min(1)], {
  error: "must be an e-mail address or a list of them",
});

const toIso = (at: number | Date) => new Date(at).toISOString();
/** Instant as JSON text, which has no dates. */
export const expiresAtText = instantInput.transform(toIso);
const expiresAt = z.union([z.date().transform(toIso).pipe(expiresAtText), expiresAtText], {
  error: NOT_AN_INSTANT,
});

/** Content and recipients of a direct e-mail. At least one of `text` and `html` is given. */
export const emailContent = z
  .strictObject({
    to: addresses,
    cc: leftOut(addresses),
    bcc: leftOut(addresses),
    from: leftOut(sender),
    replyTo: leftOut(
      z.union([address, z.array(address).min(1).max(limits.replyTos)], {
        error: "must be an e-mail address or a list of them",
      }),
    ),
    subject: wellFormed(z.string().min(1).max(limits.subjectLength)).refine((text) => !UNSAFE.test(text), {
      error: "must be one line",
    }),
    text: leftOut(wellFormed(z.string().min(1))),
    html: leftOut(wellFormed(z.string().min(1))),
    headers: leftOut(emailHeaders),
    tags: leftOut(emailTags),
    expiresAt: leftOut(expiresAt),
    attachments: leftOut(emailAttachments),
    topic: leftOut(topicName),
    onUncertain: leftOut(z.enum(["retry", "hold"])),
    together: leftOut(z.boolean()),
    sensitive: leftOut(z.boolean()),
  })
  .refine((email) => email.text !== undefined || email.html !== undefined, {
    error: "is required, or html: give at least one of them",
    path: ["text"],
  })
  .refine((email) => recipientCount(email) <= limits.recipients, {
    error: `must have at most ${limits.recipients} recipients, in to, cc and bcc together`,
    path: ["to"],
  })
  .refine(
    ({ headers, tags }) => headerBytes({ ...headers, ...tagHeaders(tags) }) <= limits.emailHeadersBytes,
    {
      error: `must have at most ${limits.emailHeadersBytes} bytes in all, with the tags`,
      path: ["headers"],
    },
  );

/** Content as it is stored: with the link of its topic, which the commit has made. */
export const storedEmail = emailContent.safeExtend({ unsubscribe: leftOut(z.string()) });

export type EmailInput = z.input<typeof emailContent>;
export type EmailContent = z.output<typeof emailContent>;

function recipientCount(email: { to: string[]; cc?: string[] | undefined; bcc?: string[] | undefined }) {
  return email.to.length + (email.cc?.length ?? 0) + (email.bcc?.length ?? 0);
}
