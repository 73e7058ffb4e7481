import { SECRET_PREFIX } from "../domain/endpoint-secrets.ts";

/** Words of a secret that are long enough to be what is secret of it, as in `Bearer <token>`. */
const WORD_LENGTH = 8;
/** Stands for a character that is not shown. */
const HIDDEN = "\0";
const SHOWN_INSTEAD = "[redacted]";

/**
 * The beginning of a text, without secrets: as they are, as JSON writes them, and by their words. What is hidden keeps
 * its length until the text is cut, or a part of a secret could move in over the edge.
 */
export function redact(text: string, secrets: readonly string[], length: number): string {
  const hidden = secrets.flatMap(spellings).toSorted((a, b) => b.length - a.length);
  return hidden
    .reduce((rest, secret) => rest.replaceAll(secret, HIDDEN.repeat(secret.length)), text)
    .slice(0, length)
    .replace(/\0+/g, SHOWN_INSTEAD)
    .slice(0, length);
}

function spellings(secret: string): string[] {
  const bare = secret.trim();
  const key = bare.startsWith(SECRET_PREFIX) ? bare.slice(SECRET_PREFIX.length) : bare;
  const words = key.split(/\s+/).filter((word) => word.length >= WORD_LENGTH);
  const plain = [key, ...words].filter((text) => text !== "");
  const inJson = plain.map((text) => JSON.stringify(text).slice(1, -1));
  const slashed = inJson.map((text) => text.replaceAll("/", "\\/"));
  return [...new Set([...plain, ...inJson, ...slashed])];
}
