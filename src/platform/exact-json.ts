/** JSON.rawJSON and the source text in revivers: https://tc39.es/proposal-json-parse-with-source/ */
declare global {
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/**
 * JSON.parse for what is to be written as JSON again: a whole number that a double cannot hold, such as a
 * 20-digit id, keeps all its digits.
 */
export function parseExact(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

const WHOLE_NUMBER = /^-?\d+$/;

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && WHOLE_NUMBER.test(source) ? JSON.rawJSON(source) : value;
}
