import type { Context } from "hono";
import { z } from "zod";
import { checked } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";

const query = z.object({
  limit: z.coerce
    .number()
    .int({ error: "must be a whole number" })
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSize),
  cursor: z.string().optional(),
});

/** Where a page begins is told to the caller as an opaque text: this is what it holds. */
export function readPage<S extends z.ZodType>(
  c: Context,
  position: S,
): { limit: number; after?: z.output<S> } {
  const { limit, cursor } = checked(query, c.req.query());
  return cursor === undefined ? { limit } : { limit, after: decodeCursor(cursor, position) };
}

export function encodeCursor(position: unknown): string {
  return btoa(JSON.stringify(position)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeCursor<S extends z.ZodType>(cursor: string, position: S): z.output<S> {
  try {
    const parsed = position.safeParse(JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))));
    if (parsed.success) return parsed.data;
  } catch {
    // Not base 64, or not JSON: as wrong as a position of another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}
