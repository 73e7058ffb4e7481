import { z } from "@hono/zod-openapi";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}, in digits`;

/** A page as it is asked for. */
export const pageQuery = z.object({
  limit: z
    .string({ error: NOT_A_SIZE })
    .regex(/^\d+$/, { error: NOT_A_SIZE })
    .transform(Number)
    .refine((size) => size >= 1 && size <= limits.pageSizeMax, { error: NOT_A_SIZE })
    .default(limits.pageSize)
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: limits.pageSizeMax,
      default: limits.pageSize,
      description: "How many entries, at most.",
      example: 50,
    }),
  cursor: z.string().optional().openapi({ description: "The `nextCursor` of the page before." }),
});

/** A page as it is answered. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "The entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Where the next page begins; null when there is none. A page with filters can have fewer entries than `limit`, or none, and another one after it.",
    }),
  });
}

/**
 * Where a page begins is told to the caller as an opaque text: this is what it holds.
 * @throws {OutboxError} `invalid_input`
 */
export function positionFrom<S extends z.ZodType>(
  cursor: string | undefined,
  position: S,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parsed = position.safeParse(JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))));
    if (parsed.success) return parsed.data;
  } catch {
    // Not base 64, or not JSON: as wrong as a position of another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}

/** The text for where the next page begins; null when there is none. */
export function nextCursor(position: object | null): string | null {
  if (position === null) return null;
  return btoa(JSON.stringify(position)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
