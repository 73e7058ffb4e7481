/** Rules that hold for the fields of every input. */
import * as z from "zod";

/** A field that may be left out. Answers show what is not set as null: null is left out, too. */
export function leftOut<S extends z.ZodType>(schema: S) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

/** A field that has a value when it is left out, or null. */
export function leftOutAs<S extends z.ZodType>(schema: S, fallback: z.output<S>) {
  return schema
    .nullish()
    .transform((value) => value ?? fallback)
    .meta({ default: fallback });
}

/** A number that is reckoned with: of one with more digits than a double has, the nearest double is meant. */
export function numberIn<S extends z.ZodType<number>>(schema: S) {
  return z.preprocess((value: z.input<S>) => (JSON.isRawJSON(value) ? Number(value.rawJSON) : value), schema);
}

/** A whole number within bounds, which the refusal tells. `unit`: of what, as "seconds". */
export function wholeNumber(from: number, to: number, unit?: string) {
  const error = `must be a whole number${unit ? ` of ${unit}` : ""} from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

/** A list in which an entry counts once, however often it is named. */
export function eachOnce<S extends z.ZodType<unknown[]>>(list: S) {
  return list.transform((entries) => [...new Set(entries)] as z.output<S>);
}

/** A text that is stored as it is: half of a surrogate pair has no UTF-8, and would be stored as another character. */
export function wellFormed<S extends z.ZodType<string>>(schema: S) {
  return schema.refine((text) => text.isWellFormed(), {
    error: "has half of a surrogate pair, which is not a character; do not cut text inside a character",
  });
}

/** An object with names of the caller's own. `__proto__` is none: libraries pass it over without a word. */
export function recordOf<K extends z.ZodType<string, string>, V extends z.ZodType>(names: K, values: V) {
  return z.preprocess(
    (given: z.input<z.ZodRecord<K, V>>, context) => {
      if (typeof given === "object" && given !== null && Object.hasOwn(given, "__proto__")) {
        context.addIssue({
          code: "custom",
          path: ["__proto__"],
          message: "must not be a name; choose another",
        });
      }
      return given;
    },
    z.record(names, values),
  );
}
