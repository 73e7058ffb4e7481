/** Rules that hold for the fields of every input. */
import * as z from "zod";

/** An optional field. Null counts as left out, because answers show unset fields as null. */
export function leftOut<S extends z.ZodType>(schema: S) {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

/** An optional field with a default, also for null. */
export function leftOutAs<S extends z.ZodType>(schema: S, fallback: z.output<S>) {
  return schema
    .nullish()
    .transform((value) => value ?? fallback)
    .meta({ default: fallback });
}

/** A number for computing: one with more digits than a double becomes the nearest double. */
export function numberIn<S extends z.ZodType<number>>(schema: S) {
  return z.preprocess((value: z.input<S>) => (JSON.isRawJSON(value) ? Number(value.rawJSON) : value), schema);
}

/** A whole number within bounds, which the refusal names. `unit`: the unit, as "seconds". */
export function wholeNumber(from: number, to: number, unit?: string) {
  const error = `must be a whole number${unit ? ` of ${unit}` : ""} from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

/** A list without repeated entries. */
export function eachOnce<S extends z.ZodType<unknown[]>>(list: S) {
  return list.transform((entries) => [...new Set(entries)] as z.output<S>);
}

/** A text without half surrogate pairs, which have no UTF-8, and would be stored as another character. */
export function wellFormed<S extends z.ZodType<string>>(schema: S) {
  return schema.refine((text) => text.isWellFormed(), {
    error: "has half of a surrogate pair, which is not a character; do not cut text inside a character",
  });
}

/** An object with names of the caller's choice, except `__proto__`, which libraries silently ignore. */
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
