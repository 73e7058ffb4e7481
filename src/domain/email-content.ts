import * as z from "zod";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const CONTROL = /[\u0000-\u001f\u007f]/;
const NAMED = /^(.*?)\s*<([^<>]+)>$/;
const bareAddress = z.email();

/** `ada@example.com` or `Ada Lovelace <ada@example.com>`. */
const NOT_AN_ADDRESS = 'must be one e-mail address, as "ada@example.com" or "Ada <ada@example.com>"';
const address = wellFormed(z.string({ error: NOT_AN_ADDRESS }).max(320)).refine(
  (text) => !CONTROL.test(text) && bareAddress.safeParse(parseAddress(text).email).success,
  { error: NOT_AN_ADDRESS },
);

const addresses = z.union([address.transform((one) => [one]), z.array(address).min(1)], {
  error: "must be an e-mail address or a list of them",
});

const ADDRESSES = "one address or a list of them, as `ada@example.com` or `Ada <ada@example.com>`.";

/** Content and recipients of a direct e-mail. At least one of `text` and `html` is given. */
export const emailContent = z
  .strictObject({
    to: addresses.describe(
      `Recipients: ${ADDRESSES} At most ${limits.recipients} in \`to\`, \`cc\` and \`bcc\` together.`,
    ),
    cc: leftOut(addresses).describe(`Recipients of copies: ${ADDRESSES}`),
    bcc: leftOut(addresses).describe(`Recipients of blind copies, hidden from the others: ${ADDRESSES}`),
    from: leftOut(address).describe("Sender. Defaults to `EMAIL_FROM`."),
    replyTo: leftOut(address).describe("Address that receives answers."),
    subject: wellFormed(z.string().min(1).max(limits.subjectLength))
      .refine((text) => !CONTROL.test(text), { error: "must be one line" })
      .describe("Subject of the e-mail, on one line."),
    text: leftOut(wellFormed(z.string().min(1))).describe(
      "Content as plain text. Give `text`, `html` or both.",
    ),
    html: leftOut(wellFormed(z.string().min(1))).describe("Content as HTML."),
  })
  .refine((email) => email.text !== undefined || email.html !== undefined, {
    error: "is required, or html: give at least one of them",
    path: ["text"],
  })
  .refine((email) => recipientCount(email) <= limits.recipients, {
    error: `must have at most ${limits.recipients} recipients, in to, cc and bcc together`,
    path: ["to"],
  });

export type EmailInput = z.input<typeof emailContent>;
export type EmailContent = z.output<typeof emailContent>;

export interface Address {
  email: string;
  name?: string;
}

export function parseAddress(text: string): Address {
  const [, name, email] = NAMED.exec(text.trim()) ?? [];
  if (email === undefined) return { email: text.trim() };
  const bare = name?.replace(/^"(.*)"$/, "$1");
  return bare ? { email: email.trim(), name: bare } : { email: email.trim() };
}

function recipientCount(email: { to: string[]; cc?: string[] | undefined; bcc?: string[] | undefined }) {
  return email.to.length + (email.cc?.length ?? 0) + (email.bcc?.length ?? 0);
}
