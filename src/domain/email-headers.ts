import * as z from "zod";
import { recordOf, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { UNSAFE } from "./one-line.ts";

/**
 * Headers beside `X-…` that Cloudflare's binding takes, and so does everybody else:
 * https://developers.cloudflare.com/email-service/reference/headers/, read on 30 November 2026.
 */
const ALLOWED = new Set(
  `in-reply-to references list-unsubscribe list-unsubscribe-post list-id list-archive list-help list-owner list-post
  list-subscribe precedence auto-submitted content-language keywords comments importance priority sensitivity organization
  require-recipient-valid-since expires reply-by archived-at`.split(/\s+/),
);
const CUSTOM = /^x-[a-z0-9_-]+$/;

/** Headers that the outbox or the provider sets. */
const SET =
  /^(date|message-id|mime-version|content-(?!language$).*|dkim-signature|return-path|received|feedback-id|sender|(resent|arc|tls|cfbl)-.*)$/;

/** Headers that are orders to a provider: they would change its tags, its account or its stream. */
const ORDERS = /^x-(outbox|ses|smtpapi|sg|mailgun|pm|mc|msys|mj|mailin|sib)(-.*)?$/;

/** Headers that have a field of their own. */
const FIELDS = new Map([
  ...["from", "to", "cc", "bcc", "subject"].map((name) => [name, name] as const),
  ["reply-to", "replyTo"],
]);

/** Forms of values that Cloudflare checks. */
const LINKS = /^<(https:\/\/|mailto:)[^<>\s]+>(\s*,\s*<(https:\/\/|mailto:)[^<>\s]+>)*$/i;
const IDS = /^<[!-;=?-~]+>( +<[!-;=?-~]+>)*$/;
const CHOICES = new Map([
  ["list-unsubscribe-post", ["List-Unsubscribe=One-Click"]],
  ["precedence", ["bulk", "list", "junk"]],
  ["auto-submitted", ["auto-generated", "auto-replied", "auto-notified"]],
  ["importance", ["high", "normal", "low"]],
  ["priority", ["normal", "non-urgent", "urgent"]],
  ["sensitivity", ["personal", "private", "company-confidential"]],
]);

/** A longer run of characters makes a line that nobody can fold, and some servers refuse (RFC 5322, 2.1.1). */
const UNFOLDABLE = new RegExp(`[^ ]{${limits.emailHeaderRun + 1}}`);

const value = wellFormed(z.string())
  .refine((text) => !UNSAFE.test(text), { error: "must be one line, without controls" })
  .transform((text) => text.trim())
  .refine((text) => text !== "", { error: "must not be empty" })
  .refine((text) => bytesOf(text) <= limits.emailHeaderBytes, {
    error: `must have at most ${limits.emailHeaderBytes} bytes`,
  })
  .refine((text) => !UNFOLDABLE.test(text), {
    error: `must have a space at least every ${limits.emailHeaderRun} characters, where its line can be folded`,
  });

/** Headers of an e-mail, beside those that have fields of their own. */
export const emailHeaders = recordOf(z.string().max(limits.emailHeaderNameLength), value).superRefine(
  (headers, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const most = limits.emailHeaders;
    const names = Object.keys(headers);
    if (names.length > most) refuse([], `must have at most ${most} headers`);
    const values = new Map<string, string>();
    for (const [name, value] of Object.entries(headers)) {
      const plain = name.toLowerCase();
      const refusal = values.has(plain)
        ? "is named twice; small and capital letters are the same"
        : refusalOf(plain, value);
      if (refusal !== undefined) refuse([name], refusal);
      values.set(plain, value);
    }
    const post = names.find((name) => name.toLowerCase() === "list-unsubscribe-post");
    if (post !== undefined && !/<https:/i.test(values.get("list-unsubscribe") ?? ""))
      refuse([post], "needs List-Unsubscribe with an address of https: give that, too");
  },
);

/** Reason why a header is not taken; its name in small letters. */
function refusalOf(name: string, value: string): string | undefined {
  const field = FIELDS.get(name);
  if (field !== undefined) return `has a field of its own: give ${field} instead`;
  if (SET.test(name)) return "is set by the outbox or the provider; leave it out";
  if (ORDERS.test(name)) return "is an order to a provider; choose another name";
  if (!ALLOWED.has(name) && !CUSTOM.test(name))
    return "is no header that every provider takes; give it a name of letters, digits, - and _ that begins with X-";
  if (name === "list-unsubscribe" && !LINKS.test(value))
    return "must be addresses between < and >, as <https://…> or <mailto:…>, with commas between them";
  if ((name === "in-reply-to" || name === "references") && !IDS.test(value))
    return "must be ids of e-mails between < and >, with spaces between them, as <1@example.com>";
  const choices = CHOICES.get(name);
  return choices?.includes(value) === false ? `must be ${choices.join(" or ")}` : undefined;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Bytes of headers as an e-mail has them, with the ends of their lines. */
export function headerBytes(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + bytesOf(name + value) + 4, 0);
}
