/** JSON.rawJSON and the source text in revivers: https://tc39.es/proposal-json-parse-with-source/ */
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/**
 * JSON.parse for what is to be written as JSON again: a number that a double cannot hold, such as a 20-digit id
 * or 1e400, stays as it was written.
 */
export function parseExact(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

const WHOLE_NUMBER = /^-?\d+$/;

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  const lossy = source !== undefined && (WHOLE_NUMBER.test(source) || !Number.isFinite(value));
  return lossy ? JSON.rawJSON(source) : value;
}

/** A number that `JSON.stringify` writes as it stands here. */
export const rawNumber = (source: string): unknown => JSON.rawJSON(source);
