import { changesValue } from "./exact-number.ts";

export interface JsonScan {
  /** Depth to which arrays and objects are nested. */
  depth: number;
  /** Values of all kinds, and the keys of objects. */
  values: number;
  /** True if it has a number that JavaScript would write differently. */
  hasExactNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The parts of numbers and of `true`, `false`, `null`: signs, the point, digits, letters. */
const isScalarPart = (code: number) =>
  code === 0x2b ||
  code === 0x2d ||
  code === 0x2e ||
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a);
const beginsNumber = (code: number) => code === 0x2d || (code >= 0x30 && code <= 0x39);
const opens = (code: number) => code === 0x7b || code === 0x5b;
const closes = (code: number) => code === 0x7d || code === 0x5d;
const begins = (code: number) => opens(code) || code === QUOTE || isScalarPart(code);

/**
 * Measures a JSON text without parsing it, because a parser could run out of stack or memory before a refusal. The
 * numbers are meaningless for invalid JSON.
 */
export function scanJson(text: string): JsonScan {
  const scan: JsonScan = { depth: 0, values: 0, hasExactNumbers: false };
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (closes(code)) open--;
    else if (begins(code)) {
      scan.values++;
      if (opens(code)) scan.depth = Math.max(scan.depth, ++open);
      else if (code === QUOTE) at = endOfString(text, at);
      else at = readScalar(text, at, scan) - 1;
    }
  }
  return scan;
}

/** End of the text, exclusive. */
function readScalar(text: string, start: number, scan: JsonScan): number {
  const end = endOfScalar(text, start);
  const isNumber = beginsNumber(text.charCodeAt(start));
  if (isNumber && !scan.hasExactNumbers) scan.hasExactNumbers = changesValue(text.slice(start, end));
  return end;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); at < text.length && code !== QUOTE; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}

function endOfScalar(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && isScalarPart(text.charCodeAt(at))) at++;
  return at;
}
