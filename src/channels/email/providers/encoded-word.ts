import { toBase64 } from "../../../platform/base64.ts";

/** Bytes of UTF-8 in one word: with its frame and in base 64, less than 75 characters (RFC 2047, 2). */
const MOST_BYTES = 42;

/** Text in ASCII as encoded words of RFC 2047, each with whole characters. */
export function encodedWords(text: string): string {
  const encoder = new TextEncoder();
  const words: string[] = [""];
  for (const char of text.toWellFormed()) {
    const longer = (words.at(-1) ?? "") + char;
    if (encoder.encode(longer).length > MOST_BYTES) words.push(char);
    else words[words.length - 1] = longer;
  }
  return words.map((word) => `=?UTF-8?B?${toBase64(encoder.encode(word))}?=`).join(" ");
}
