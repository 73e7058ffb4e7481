import type { z } from "zod";
import { type FieldError, OutboxError } from "./errors.ts";
import { limits } from "./limits.ts";
import { sentenceFor } from "./sentence-for.ts";

/**
 * The input in the shape the schema gives it.
 * @throws {OutboxError} `invalid_input` with the fields that are wrong, their paths under `prefix`.
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown, prefix = ""): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new OutboxError({ code: "invalid_input", fields: fieldsOf(result.error, prefix) });
}

/**
 * The fields that are wrong, their paths under `prefix`: so many of them, and of each so much. There may be as many as the
 * input has characters, and their names are the caller's.
 */
export function fieldsOf(error: z.ZodError, prefix = ""): FieldError[] {
  return error.issues.slice(0, limits.misfits).map((issue) => ({
    path: joinPath(prefix, issue.path).slice(0, limits.pathLength),
    message: cut(issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : sentenceFor(issue)),
  }));
}

function unknownFields(names: readonly string[]): string {
  const told = names.slice(0, limits.misfits).map((name) => JSON.stringify(name));
  const more = names.length - told.length;
  const noun = names.length === 1 ? "field" : "fields";
  return `Unknown ${noun}: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function cut(message: string): string {
  return message.length <= limits.wantLength ? message : `${message.slice(0, limits.wantLength)}…`;
}

/** `joinPath("payload", ["items", 0, "price"])` is `payload.items[0].price`. */
export function joinPath(prefix: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    return path ? `${path}.${String(step)}` : String(step);
  }, prefix);
}
