import type { z } from "zod";
import { type FieldError, OutboxError } from "./errors.ts";

/**
 * The input in the shape the schema gives it.
 * @throws {OutboxError} `invalid_input` with every field that is wrong, its path under `prefix`.
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown, prefix = ""): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new OutboxError({ code: "invalid_input", fields: fieldsOf(result.error, prefix) });
}

/** Every field that is wrong, its path under `prefix`. */
export function fieldsOf(error: z.ZodError, prefix = ""): FieldError[] {
  return error.issues.map(({ path, message }) => ({ path: joinPath(prefix, path), message }));
}

/** `joinPath("payload", ["items", 0, "price"])` is `payload.items[0].price`. */
export function joinPath(prefix: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    return path ? `${path}.${String(step)}` : String(step);
  }, prefix);
}
