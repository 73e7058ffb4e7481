import type { z } from "zod";
import { type FieldError, OutboxError } from "./errors.ts";
import { limits } from "./limits.ts";
import { sentenceFor } from "./sentence-for.ts";

/**
 * Parses input by a schema.
 * @throws {OutboxError} `invalid_input` with the invalid fields, their paths under `prefix`.
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown, prefix = ""): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new OutboxError({ code: "invalid_input", fields: fieldsOf(result.error, prefix) });
}

/**
 * The invalid fields, their paths under `prefix`, bounded in number and length: there may be as many as the input has
 * characters, with names of the caller's choice.
 */
export function fieldsOf(error: z.ZodError, prefix = ""): FieldError[] {
  const fields = error.issues
    .slice(0, limits.misfits)
    .flatMap(innermost)
    .slice(0, limits.misfits)
    .map((issue) => ({
      path: joinPath(prefix, issue.path).slice(0, limits.pathLength),
      message: cut(issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : sentenceFor(issue)),
    }));
  return fields.filter(
    ({ path, message }, n) => fields.findIndex((one) => one.path === path && one.message === message) === n,
  );
}

type Issue = z.core.$ZodIssue;

/**
 * The issues within an invalid name; and within a value of one of several kinds, those of the kind that was meant.
 */
function innermost(issue: Issue): Issue[] {
  if (issue.code === "invalid_key") return issue.issues.map((inner) => ({ ...inner, path: issue.path }));
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((errors) => errors.every(({ path }) => path.length > 0));
  if (!meant) return [issue];
  return meant
    .slice(0, limits.misfits)
    .flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

function unknownFields(names: readonly string[]): string {
  const told = names.slice(0, limits.misfits).map((name) => JSON.stringify(name));
  const more = names.length - told.length;
  const noun = names.length === 1 ? "field" : "fields";
  return `Unknown ${noun}: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A sentence about a field, of bounded length. */
export function cut(message: string): string {
  return message.length <= limits.wantLength ? message : `${message.slice(0, limits.wantLength)}…`;
}

/** `joinPath("payload", ["items", 0, "price"])` is `payload.items[0].price`. */
export function joinPath(prefix: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    return path ? `${path}.${String(step)}` : String(step);
  }, prefix);
}
