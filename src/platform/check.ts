import type { z } from "zod";
import { OutboxError } from "./errors.ts";

/**
 * The input in the shape the schema gives it.
 * @throws {OutboxError} `invalid_input` with every field that is wrong, its path under `prefix`.
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown, prefix = ""): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    path: joinPath(prefix, issue.path),
    message: issue.message,
  }));
  throw new OutboxError({ code: "invalid_input", fields });
}

/** `joinPath("payload", ["items", 0, "price"])` is `payload.items[0].price`. */
export function joinPath(prefix: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    return path ? `${path}.${String(step)}` : String(step);
  }, prefix);
}
