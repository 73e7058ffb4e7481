import { z } from "@hono/zod-openapi";
import { base64url } from "jose";
import type { Page, PageRequest } from "../domain/page.ts";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}, in digits`;

/** Query parameters of a page. */
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

/** Schema of a page of these items. */
export function pageShape<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "Entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Cursor of the next page; null on the last page. A filtered page can have fewer entries than `limit`, or none, and still not be the last.",
    }),
  });
}

/** Query of a list with its cursor as text. */
export type Asked<Query extends PageRequest<unknown>> = Omit<Query, "after"> & {
  cursor?: string | undefined;
};

interface List<Query, Cursor, Entry, Answer> {
  /** Schema of its cursors, which refuses the cursors of other lists. */
  cursor: z.ZodType<Cursor>;
  read: (query: Omit<Query, "cursor"> & { after: Cursor | undefined }) => Promise<Page<Entry, Cursor>>;
  present: (entry: Entry) => Answer;
}

/**
 * Answers a page of a list. `cursor` is the position at which it begins, `nextCursor` the position of the next page.
 * @throws {OutboxError} `invalid_input`
 */
export async function answerPage<Query extends { cursor?: string | undefined }, Cursor, Entry, Answer>(
  { cursor: text, ...query }: Query,
  { cursor, read, present }: List<Query, Cursor, Entry, Answer>,
): Promise<{ data: Answer[]; nextCursor: string | null }> {
  const { entries, next } = await read({ ...query, after: readCursor(text, cursor) });
  return {
    data: entries.map((entry) => present(entry)),
    nextCursor: next === null ? null : base64url.encode(JSON.stringify(next)),
  };
}

function readCursor<Cursor>(text: string | undefined, cursor: z.ZodType<Cursor>): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = cursor.safeParse(JSON.parse(new TextDecoder().decode(base64url.decode(text))));
    if (parsed.success) return parsed.data;
  } catch {
    // Text that is not base64url, or not JSON, is refused like a cursor of another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}

/** Schema of the cursors of lists with the newest entries first. */
export const createdCursor = z.strictObject({ createdAt: z.int(), id: z.string() });
