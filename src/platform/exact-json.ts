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
 * JSON.parse that keeps the spelling of numbers that JavaScript would write differently, such as a 20-digit id, 1e400
 * or -0. `scan`: an earlier scan of the text, if any.
 */
export function parseExact(text: string, scan: JsonScan = scanJson(text)): unknown {
  return scan.hasExactNumbers ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  const source = context?.source;
  return source !== undefined && changesValue(source) ? JSON.rawJSON(source) : value;
}

/** A number that `JSON.stringify` writes with this spelling. */
export const rawNumber = (source: string): unknown => JSON.rawJSON(source);
