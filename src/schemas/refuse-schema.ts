import { systemClock } from "../platform/clock.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type Meter, UNMETERED } from "../platform/meter.ts";
import { parseDigits } from "./decimal.ts";
import { compileSurveyed, weightOf } from "./payload-schema.ts";
import { Steps } from "./steps.ts";
import { Survey } from "./survey.ts";

const ENDLESS =
  "recurses without end, or takes so long to check that hardly any payload could be; make it simpler";

/** Payloads on which a schema with possibly endless checks is tried. */
const SAMPLES = ["null", "true", "0", '""', "[]", "{}", "[[0]]", '{"a":{"a":0}}'];

/**
 * Reasons for which a schema is refused; none for a good one. A schema must be bounded in size, depth and breadth, of a
 * known draft, and self-contained.
 * @param text JSON
 * @param meter counts the cost of compiling it, beforehand
 */
export async function refuseSchema(
  text: string,
  path: string,
  meter: Meter = UNMETERED,
): Promise<FieldError[]> {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.schemaBytes) {
    return [
      { path, message: `is ${bytes} bytes of JSON, and ${limits.schemaBytes} is the limit; make it smaller` },
    ];
  }
  const survey = new Survey(parseDigits(text), path);
  await meter.turn(weightOf(survey, text.length) * limits.stepsPerWeight);
  return survey.errors.length > 0 ? survey.errors : tryOut(survey, text.length, path, meter);
}

async function tryOut(survey: Survey, length: number, path: string, meter: Meter): Promise<FieldError[]> {
  const schema = await compileSurveyed(survey, length).catch(() => undefined);
  if (!schema) return [{ path, message: "is too intricate to check payloads by; make it simpler" }];
  const steps = new Steps(systemClock);
  for (const sample of SAMPLES) {
    const { cutShort } = schema.misfits(sample, "", steps);
    await steps.tell(meter);
    if (cutShort) return [{ path, message: ENDLESS }];
  }
  return [];
}
