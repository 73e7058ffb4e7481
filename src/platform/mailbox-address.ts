/** One mailbox of an e-mail. */
interface MailboxAddress {
  /** Address with an ASCII domain: an international one in its A-labels. */
  email: string;
  name?: string;
}

const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+";
/** Before the `@` (RFC 5322, 3.4.1): atoms between dots, or a quoted text. */
const LOCAL = new RegExp(`^(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-\\[\\]-~]|\\\\[ -~])+")$`);
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`, "i");
/** Letters, marks and digits of any script, between dots: nothing by which a URL would be read otherwise. */
const INTERNATIONAL = /^[\p{L}\p{M}\p{N}.\u00b7-]+$/u;
/** Controls, ends of lines, and what turns the direction of the text around them. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
/** A name that needs no quotes; the dot is needed by many, and read by all. */
const PLAIN = /^[\p{L}\p{M}\p{N}\w!#$%&'*+/=?^`{|}~.() -]+$/u;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/u;
const LONGEST = { local: 64, domain: 253 };

/**
 * Reads `ada@example.com` or `Ada Lovelace <ada@example.com>`, as RFC 5322 has it. Undefined for anything else: above all for a list,
 * of which a provider would serve each.
 */
export function parseMailbox(given: string): MailboxAddress | undefined {
  if (UNSAFE.test(given)) return undefined;
  const text = given.trim();
  const [, before, between] = /^(.*?)\s*<([^<>]*)>$/.exec(text) ?? [];
  const email = emailIn(between ?? text);
  if (email === undefined || !before) return email === undefined ? undefined : { email };
  const quoted = QUOTED.exec(before)?.[1]?.replace(/\\(.)/gu, "$1");
  // Spaces in a row are one to any reader that folds them.
  const name = (quoted ?? (PLAIN.test(before) ? before : "")).trim().replaceAll(/\s+/gu, " ");
  if (name === "" && quoted === undefined) return undefined;
  return name === "" ? { email } : { email, name };
}

function emailIn(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  const domain = domainIn(text.slice(at + 1));
  if (!LOCAL.test(local) || local.length > LONGEST.local || domain === undefined) return undefined;
  return `${local}@${domain}`;
}

function domainIn(text: string): string | undefined {
  const isAscii = /^[\x20-\x7e]*$/.test(text);
  const domain = isAscii ? text : (INTERNATIONAL.test(text) && URL.parse(`http://${text}`)?.hostname) || "";
  return DOMAIN.test(domain) && domain.length <= LONGEST.domain ? domain : undefined;
}

/** Prints a mailbox, so that any reader of RFC 5322 finds the one that was read. */
export function printMailbox({ email, name }: MailboxAddress): string {
  if (name === undefined) return email;
  const isPlain = PLAIN.test(name) && !/[.()]|^[^\x20-\x7e]|\s\s/u.test(name);
  return `${isPlain ? name : `"${name.replace(/["\\]/g, "\\$&")}"`} <${email}>`;
}
