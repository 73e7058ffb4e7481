import { writeJson } from "../platform/write-json.ts";

/**
 * A given schema, as JSON. Refuses a library's validator, of which JSON would show the internals, or nothing.
 * @throws {OutboxError} `invalid_input` at `path`
 */
export function schemaJson(schema: unknown, path: string): string {
  return writeJson(schema, path, refuseValidator);
}

/** Validators are functions or objects of a class; valibot's are plain, with the key of Standard Schema. */
function refuseValidator(inner: unknown): void {
  const isObject = typeof inner === "object" && inner !== null;
  const isValidator = isObject && (!isPlain(inner) || Object.keys(inner).includes("~standard"));
  if (!isValidator && typeof inner !== "function") return;
  throw new TypeError(
    "a validator of a library, or an object of another class, is not; give the JSON Schema, for instance z.toJSONSchema(schema)",
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
