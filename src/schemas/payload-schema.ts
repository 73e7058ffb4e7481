import {
  registerSchema,
  setMetaSchemaOutputFormat,
  unregisterSchema,
} from "@hyperjump/json-schema/draft-2020-12";
import {
  BASIC,
  type CompiledSchema,
  compile,
  getSchema,
  interpret,
} from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { Check } from "./check.ts";
import { ensureDialect } from "./dialect.ts";
import { countPatterns } from "./pattern.ts";

/** A JSON Schema, ready to check payloads with. */
export interface PayloadSchema {
  /** Where a payload (JSON) does not fit, and what is wanted there: at most 20 places. `path`: where the payload stands in the input. */
  misfits(payload: string, path: string): Misfits;
  /** What it takes of the isolate's memory, roughly. */
  bytes: number;
}

export interface Misfits {
  fields: FieldError[];
  /** The check had no end, or too many steps to it. */
  gaveUp: boolean;
}

let compiled = 0;

/**
 * Makes a schema ready. It does not leave this machine: what it refers to is within it.
 * @param text JSON, which `refuseSchema` has let pass
 * @throws {Error} of the library, or of a keyword, when the schema is none
 */
export async function compileSchema(text: string): Promise<PayloadSchema> {
  // A name for as long as it is being compiled: the library finds schemas by their names.
  const name = `https://schema.invalid/${++compiled}`;
  const schema = JSON.parse(text);
  const dialect = await ensureDialect();
  if (typeof schema.$schema === "string") schema.$schema = dialect;
  registerSchema(schema, name, dialect);
  try {
    // Without it nothing is told of what is wrong with a schema.
    setMetaSchemaOutputFormat(BASIC);
    const ready = await compile(await getSchema(name));
    const bytes = text.length * limits.readySchemaFactor + countPatterns(schema) * limits.patternBytes;
    return { bytes, misfits: (payload, path) => misfitsOf(ready, payload, path) };
  } finally {
    unregisterSchema(name);
  }
}

function misfitsOf(schema: CompiledSchema, payload: string, path: string): Misfits {
  const check = new Check(limits.schemaSteps + payload.length * limits.schemaStepsPerCharacter);
  try {
    interpret(schema, Instance.fromJs(JSON.parse(payload)), { plugins: [check] });
    return { fields: check.fieldErrors(path), gaveUp: false };
  } catch {
    const message = "cannot be checked against the schema of its event type: that takes too many steps";
    return { fields: [{ path, message }], gaveUp: true };
  }
}
