import * as z from "zod";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { UNSAFE } from "./one-line.ts";

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/**
 * RFC 6838, 4.2. Without parameters, which some providers would write as they are; and none of a type that has parts of its own,
 * which may not be in base64 (RFC 2046, 5.2.1).
 */
const TYPE = /^(?!(multipart|message)\/)[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i;
const CONTENT_ID = /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** A path; and what readers of forms, and of MIME, take for another letter: a quote, the end of a line, a slash. */
const NO_NAME = /[/\\"]|=\?|%(0[ad]|22)|^\.{1,2}$/i;

const line = (most: number) =>
  wellFormed(z.string().min(1).max(most)).refine((text) => !UNSAFE.test(text), { error: "must be one line" });

const R2_KEY_BYTES = 1024;

const attachment = z
  .strictObject({
    filename: line(255).refine((name) => !NO_NAME.test(name), {
      error: "must be the name of a file, without a path, quotes, =?, %22, %0A and %0D",
    }),
    type: z.string().max(78).regex(TYPE, {
      error: "must be a type as application/pdf, without parameters, and not multipart or message",
    }),
    content: leftOut(
      z.string().refine((text) => text.length % 4 === 0 && BASE64.test(text), {
        error: "must be base64 with its padding, of the letters A–Z, a–z, 0–9, + and /, on one line",
      }),
    ),
    // https://developers.cloudflare.com/r2/platform/limits/
    r2: leftOut(
      line(R2_KEY_BYTES).refine((key) => new TextEncoder().encode(key).length <= R2_KEY_BYTES, {
        error: `must have at most ${R2_KEY_BYTES} bytes`,
      }),
    ),
    sha256: leftOut(
      z.string().regex(SHA256, {
        error: "must be the SHA-256 of the file, as 64 hexadecimal digits in small letters",
      }),
    ),
    contentId: leftOut(
      z.string().max(78).regex(CONTENT_ID, { error: "must consist of letters, digits, and . _ @ + -" }),
    ),
  })
  .refine(({ content, r2 }) => (content === undefined) !== (r2 === undefined), {
    error: "is required, or r2: give one of them",
    path: ["content"],
  })
  .refine(({ type, contentId }) => contentId === undefined || !/^text\//i.test(type), {
    error: "is for images and the like: readers would show a text as one of the e-mail; leave it out",
    path: ["contentId"],
  })
  .refine(({ r2, sha256 }) => r2 !== undefined || sha256 === undefined, {
    error: "is for a file in R2; leave it out beside content",
    path: ["sha256"],
  });

/** A file that goes with an e-mail: its content, or where it is kept. */
export type EmailAttachment = z.output<typeof attachment>;

/** Files of an e-mail. */
export const emailAttachments = z
  .array(attachment)
  .min(1)
  .max(limits.emailAttachments)
  .refine(
    (files) => {
      const ids = files.flatMap(({ contentId }) => contentId ?? []);
      return new Set(ids).size === ids.length;
    },
    { error: "must have each contentId once" },
  );
