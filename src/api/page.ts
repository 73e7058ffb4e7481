import { z } from "@hono/zod-openapi";
import { base64url } from "jose";
import type { Page, PageQuery } from "../domain/page.ts";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}, in digits`;

/** Query of a page. */
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
      description: "Largest number of entries on the page.",
      example: 50,
    }),
  cursor: z.string().optional().openapi({ description: "`nextCursor` of the previous page." }),
});

/** Answer with a page. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "Entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Cursor of the next page; null on the last. A filtered page can have fewer entries than `limit`, or none, and still have a next page.",
    }),
  });
}

/** Query of a list as the caller sends it, with a `cursor` in place of the position. */
export type Asked<Query extends PageQuery<unknown>> = Omit<Query, "after"> & { cursor?: string | undefined };

interface List<Query, Place, Entry, Answer> {
  /** Schema of a position, which tells this list's cursors from those of other lists. */
  place: z.ZodType<Place>;
  read: (query: Omit<Query, "cursor"> & { after: Place | undefined }) => Promise<Page<Entry, Place>>;
  present: (entry: Entry) => Answer;
}

/**
 * A page of a list: `cursor` marks its beginning, `nextCursor` the beginning of the next page.
 * @throws {OutboxError} `invalid_input`
 */
export async function answerPage<Query extends { cursor?: string | undefined }, Place, Entry, Answer>(
  { cursor, ...query }: Query,
  { place, read, present }: List<Query, Place, Entry, Answer>,
): Promise<{ data: Answer[]; nextCursor: string | null }> {
  const { entries, next } = await read({ ...query, after: placeIn(cursor, place) });
  return {
    data: entries.map((entry) => present(entry)),
    nextCursor: next === null ? null : base64url.encode(JSON.stringify(next)),
  };
}

function placeIn<Place>(cursor: string | undefined, place: z.ZodType<Place>): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parsed = place.safeParse(JSON.parse(new TextDecoder().decode(base64url.decode(cursor))));
    if (parsed.success) return parsed.data;
  } catch {
    // Neither base64url nor JSON: as wrong as a position in another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}

/** Positions in lists that are newest first. */
export const createdPlace = z.strictObject({ createdAt: z.int(), id: z.string() });
