import { readingsOf } from "./reading.ts";
import { formsOf } from "./secret-forms.ts";

const SHOWN_INSTEAD = "[redacted]";
/** Characters read beyond the end: the beginning of a secret, with each character encoded at length. */
const BEYOND = 256;

/**
 * The beginning of a text, without secrets: in either case, encoded or decoded, and cut ones too. The text is cut
 * before secrets are replaced; otherwise a part of a secret could move in over the edge.
 */
export function redact(text: string, secrets: readonly string[], length: number): string {
  const isHidden = hiddenPlaces(text.slice(0, length + BEYOND), secrets);
  let shown = "";
  for (let at = 0; at < Math.min(text.length, length); at++) {
    if (!isHidden[at]) shown += text[at];
    else if (!isHidden[at - 1]) shown += SHOWN_INSTEAD;
  }
  return shown.slice(0, length);
}

function hiddenPlaces(text: string, secrets: readonly string[]): Uint8Array {
  const hidden = new Uint8Array(text.length);
  if (text === "") return hidden;
  const forms = secrets.flatMap(formsOf);
  for (const { text: read, starts } of readingsOf(text)) {
    for (const { text: secret, least } of forms) {
      const beginning = secret.slice(0, least);
      for (let at = read.indexOf(beginning); at >= 0; at = read.indexOf(beginning, at + 1)) {
        hidden.fill(1, starts[at], starts[at + lengthInCommon(read, at, secret)]);
      }
    }
  }
  return hidden;
}

function lengthInCommon(text: string, from: number, secret: string): number {
  let length = 0;
  while (length < secret.length && text[from + length] === secret[length]) length++;
  return length;
}
