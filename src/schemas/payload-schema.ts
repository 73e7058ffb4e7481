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
   * Where a payload (JSON) does not fit, and what is wanted there: at most 20 places. `path`: where the payload stands in the
   * input. `steps`: what the check may take; that of a commit is for all of its payloads. Default: as for one alone.
   */
  misfits(payload: string, path: string, steps?: Steps): Misfits;
  /** What it takes of the isolate's memory, roughly. */
  bytes: number;
}

/** A schema that was looked through, and can be made ready. */
export interface SurveyedSchema {
  /** What that costs: see `schemaWeightPerCommit`. */
  weight: number;
  compile(): Promise<PayloadSchema>;
}

interface Misfits {
  fields: FieldError[];
  /** The check had no end, or too many steps to it. */
  cutShort: boolean;
}

let compiled = 0;

/**
 * Looks a schema through. It does not leave this machine: what it refers to is within it.
 * @param text JSON, which `refuseSchema` has let pass
 * @throws {Error} when the schema is none
 */
export function surveySchema(text: string): SurveyedSchema {
  const survey = new Survey(parseDigits(text));
  if (survey.errors.length > 0) throw new Error("This schema cannot be used");
  return { weight: weightOf(survey, text.length), compile: () => compileSurveyed(survey, text.length) };
}

/** What making it ready costs: see `schemaWeightPerCommit`. `length`: of its text. */
export function weightOf(survey: Survey, length: number): number {
  return survey.weight + length / limits.charactersPerWeight;
}

/** Makes a schema ready that was looked through, and of which nothing is wrong. */
export async function compileSurveyed(survey: Survey, length: number): Promise<PayloadSchema> {
  // A name for as long as it is being compiled: the library finds schemas by their names.
  const name = `https://schema.invalid/${++compiled}`;
  ensureDialect();
  registerSchema(writeSchema(survey), name, DIALECT);
  try {
    const schema = await getSchema(name);
    // The survey has looked at every keyword; the library would ask for a schema of our dialect's schemas.
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
