import { z } from "@hono/zod-openapi";

/** A boolean of a query string: a word, which C# and Python capitalize. */
export const booleanWord = z.preprocess(
  (word: string | undefined) => (typeof word === "string" ? word.toLowerCase() : word),
  z.enum(["true", "false"], { error: 'must be "true" or "false"' }),
);

const NOT_A_STATUS = "must be an HTTP status: three digits, from 100 to 599";

const statusDigits = z
  .string({ error: NOT_A_STATUS })
  .regex(/^[1-5]\d\d$/, { error: NOT_A_STATUS })
  .transform(Number)
  .openapi({ type: "integer", minimum: 100, maximum: 599, example: 503 });

/** The HTTP status of a filter, in a query string. */
export function statusOf({ httpStatus }: { httpStatus: z.ZodType }) {
  return { httpStatus: statusDigits.optional().openapi({ description: httpStatus.description ?? "" }) };
}
