import * as z from "zod";
import { recordOf } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

/** Names under which a provider is given the ids of a message, and names them in what it tells of the e-mail later. */
export const MESSAGE_TAG = "outbox-message";
export const TENANT_TAG = "outbox-tenant";

const FORM = /^[A-Za-z0-9_-]+$/;
const FORM_IN_WORDS = "must consist of letters, digits, - and _";

/** Bounds that every provider takes: the letters are those of Resend and SES, the lengths those of Postmark. */
const name = z
  .string()
  .max(limits.emailTagNameLength)
  .regex(FORM, { error: FORM_IN_WORDS })
  .regex(/^(?!outbox-)/i, { error: "begins with outbox-, as the outbox's own tags do; choose another name" });
const value = z.string().max(limits.emailTagLength).regex(FORM, { error: FORM_IN_WORDS });

/** Tags of an e-mail that an app chooses. */
export const emailTags = recordOf(name, value)
  .refine((tags) => Object.keys(tags).length <= limits.emailTags, {
    error: `must have at most ${limits.emailTags} tags`,
  })
  .refine(
    (tags) => new Set(Object.keys(tags).map((name) => name.toLowerCase())).size === Object.keys(tags).length,
    {
      error: "names a tag twice; small and capital letters are the same",
    },
  );

/** Tags as headers, for a provider that has no other place for them. */
export function tagHeaders(tags: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [`X-Outbox-Tag-${name}`, value]));
}
