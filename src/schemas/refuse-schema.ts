import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type Meter, UNMETERED } from "../platform/meter.ts";
import { parseDigits } from "./decimal.ts";
import { compileSurveyed, weightOf } from "./payload-schema.ts";
import { Survey } from "./survey.ts";

/** Payloads on which a schema is tried that may have no end. */
const SAMPLES = ["null", "true", "0", '""', "[]", "{}", "[[0]]", '{"a":{"a":0}}'];

/**
 * Why a schema is not taken; nothing when it is. Bounded in size, depth and breadth, of a draft that is known, and with all
 * that it refers to within it.
 * @param text JSON
 * @param meter is told of what making it ready takes, before that
 */
export async function refuseSchema(
  text: string,
  path: string,
  meter: Meter = UNMETERED,
): Promise<FieldError[]> {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.schemaBytes) {
    return [{ path, message: `is ${bytes} bytes of JSON, and ${limits.schemaBytes} is the limit` }];
  }
  const survey = new Survey(parseDigits(text), path);
  await meter.turn(weightOf(survey, text.length) * limits.stepsPerWeight);
  return survey.errors.length > 0 ? survey.errors : tryOut(survey, text.length, path);
}

async function tryOut(survey: Survey, length: number, path: string): Promise<FieldError[]> {
  try {
    const schema = await compileSurveyed(survey, length);
    const endless = SAMPLES.some((sample) => schema.misfits(sample, "").cutShort);
    return endless ? [{ path, message: "recurses without end: nothing could be checked against it" }] : [];
  } catch {
    return [{ path, message: "cannot be used: it is too intricate; make it simpler" }];
  }
}
