import type { StandardSchemaV1 } from "@standard-schema/spec";
import { cut, joinPath } from "./check.ts";
import { OutboxError } from "./errors.ts";
import { limits } from "./limits.ts";

/**
 * A value as a schema of any library makes it, by the interface Standard Schema (https://standardschema.dev).
 * @throws {OutboxError} `invalid_input`, naming each field under `path`
 */
export async function schemaChecked<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  path: string,
): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  const fields = result.issues.slice(0, limits.misfits).map(({ path: steps = [], message }) => {
    const names = steps.map((step) => (typeof step === "object" ? step.key : step));
    return { path: joinPath(path, names).slice(0, limits.pathLength), message: cut(message) };
  });
  throw new OutboxError({ code: "invalid_input", fields });
}
