import { base64url } from "jose";
import * as z from "zod";
import type { Page, PageRequest } from "../domain/page.ts";
import { invalid } from "../platform/errors.ts";

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
