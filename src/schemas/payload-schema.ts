import { registerSchema, unregisterSchema } from "@hyperjump/json-schema/draft-2020-12";
import { type CompiledSchema, compile, getSchema, interpret } from "@hyperjump/json-schema/experimental";
import { systemClock } from "../platform/clock.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { Check } from "./check.ts";
import { parseDigits } from "./decimal.ts";
import { DIALECT, ensureDialect } from "./dialect.ts";
import { nodeOf } from "./instance.ts";
import { Steps } from "./steps.ts";
import { Survey } from "./survey.ts";
import { writeSchema } from "./write-schema.ts";

/** A JSON Schema, ready to check payloads with. */
export interface PayloadSchema {
  /**
   * Misfits of a payload (JSON), at most 20, each with the wanted value. `path`: path of the payload in the input.
   * `steps`: budget of the check, shared by the payloads of a commit. Defaults to a budget for one payload.
   */
  misfits(payload: string, path: string, steps?: Steps): Misfits;
  /** Approximate memory of the compiled schema. */
  bytes: number;
}

/** A surveyed schema, ready to compile. */
export interface SurveyedSchema {
  /** Cost of compiling it: see `schemaWeightPerCommit`. */
  weight: number;
  compile(): Promise<PayloadSchema>;
}

interface Misfits {
  fields: FieldError[];
  /** The check did not end, or took too many steps. */
  cutShort: boolean;
}

let compiled = 0;

/**
 * Surveys a schema. All its references stay within it, so nothing is fetched.
 * @param text JSON that `refuseSchema` accepted @throws {Error} for an invalid schema
 */
export function surveySchema(text: string): SurveyedSchema {
  const survey = new Survey(parseDigits(text));
  if (survey.errors.length > 0) throw new Error("This schema cannot be used");
  return { weight: weightOf(survey, text.length), compile: () => compileSurveyed(survey, text.length) };
}

/** Cost of compiling it: see `schemaWeightPerCommit`. `length`: length of its text. */
export function weightOf(survey: Survey, length: number): number {
  return survey.weight + length / limits.charactersPerWeight;
}

/** Compiles a valid surveyed schema. */
export async function compileSurveyed(survey: Survey, length: number): Promise<PayloadSchema> {
  // A temporary name for the compilation, because the library finds schemas by name.
  const name = `https://schema.invalid/${++compiled}`;
  ensureDialect();
  registerSchema(writeSchema(survey), name, DIALECT);
  try {
    const schema = await getSchema(name);
    // The survey has checked every keyword; the library would require a meta-schema of the dialect.
    (schema.document as { validated?: boolean }).validated = true;
    const ready = await compile(schema);
    const bytes = length * limits.readySchemaFactor + survey.patterns * limits.patternBytes;
    return { bytes, misfits: (payload, path, steps) => misfitsOf(ready, payload, path, steps) };
  } finally {
    unregisterSchema(name);
  }
}

function misfitsOf(
  schema: CompiledSchema,
  payload: string,
  path: string,
  steps = new Steps(systemClock),
): Misfits {
  steps.allow(payload);
  const check = new Check(steps);
  try {
    interpret(schema, nodeOf(parseDigits(payload), steps), { plugins: [check] });
    return { fields: check.fieldErrors(path), cutShort: false };
  } catch {
    const message =
      "cannot be checked against the schema of its event type: that takes too many steps; commit fewer messages at once, or a smaller one, or make the schema simpler";
    return { fields: [{ path, message }], cutShort: true };
  }
}
