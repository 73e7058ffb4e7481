import { invalid, OutboxError } from "./errors.ts";

/**
 * A caller's value as JSON.
 * @param path names the value in the input
 * @param refuse throws for a value that is not allowed within it
 * @throws {OutboxError} `invalid_input`
 */
export function writeJson(value: unknown, path: string, refuse?: (inner: unknown) => void): string {
  /** Functions may have a `toJSON`, as arktype's do, whose result JSON would keep. */
  function look(this: Record<string, unknown>, key: string, inner: unknown): unknown {
    refuse?.(typeof this[key] === "function" ? this[key] : inner);
    return inner;
  }
  try {
    const json = refuse ? JSON.stringify(value, look) : JSON.stringify(value);
    if (json !== undefined) return json;
  } catch (cause) {
    const message = `cannot be written as JSON: ${cause instanceof Error ? cause.message : cause}`;
    throw new OutboxError({ code: "invalid_input", fields: [{ path, message }] }, { cause });
  }
  throw invalid(path, "cannot be written as JSON: it is a function or a symbol; give a JSON value");
}
