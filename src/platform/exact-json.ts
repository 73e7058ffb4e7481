import { changesValue } from "./exact-number.ts";
import { type JsonScan, scanJson } from "./scan-json.ts";

/** JSON.rawJSON and the source text in revivers: https://tc39.es/proposal-json-parse-with-source/ */
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    isRawJSON(value: unknown): value is { rawJSON: string };
  }
}

/**
 * JSON.parse for what is to be written as JSON again: a number that JavaScript would write as another one, such as a
 * 20-digit id, 1e400 or -0, stays as it was written. `scan`: of the text, if it was scanned before.
 */
export function parseExact(text: string, scan: JsonScan = scanJson(text)): unknown {
  return scan.hasExactNumbers ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source;
  return source !== undefined && changesValue(source) ? JSON.rawJSON(source) : value;
}

/** A number that `JSON.stringify` writes as it stands here. */
export const rawNumber = (source: string): unknown => JSON.rawJSON(source);
