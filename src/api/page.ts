import { z } from "@hono/zod-openapi";
import { base64url } from "jose";
import type { Page, PageQuery } from "../domain/page.ts";
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
      description: "Largest number of entries on the page.",
      example: 50,
    }),
  cursor: z.string().optional().openapi({ description: "`nextCursor` of the previous page." }),
});

/** A page as it is answered. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "Entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Cursor of the next page; null on the last. A filtered page can have fewer entries than `limit`, or none, and still have a next page.",
    }),
  });
}

/** A query of a list as it is asked for: a `cursor` in place of the place. */
export type Asked<Query extends PageQuery<unknown>> = Omit<Query, "after"> & { cursor?: string | undefined };

interface List<Query, Place, Entry, Answer> {
  /** Schema of a place, which tells a cursor of this list from those of others. */
  place: z.ZodType<Place>;
  read: (query: Omit<Query, "cursor"> & { after: Place | undefined }) => Promise<Page<Entry, Place>>;
  present: (entry: Entry) => Answer;
}

/**
 * A page of a list as it looks from outside: a `cursor` says where it begins, and `nextCursor` where the next one does.
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
    // Not base64url, or not JSON: as wrong as a place in another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}

/** Places of lists of which the newest come first. */
export const createdPlace = z.strictObject({ createdAt: z.int(), id: z.string() });
