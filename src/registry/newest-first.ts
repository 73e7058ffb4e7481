import { and, eq, lt, or } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { CreatedCursor, PageRequest } from "../domain/page.ts";

/** Condition of a row after a cursor in a list that is newest first. */
export function isAfter(createdAt: SQLiteColumn, id: SQLiteColumn, { after }: PageRequest<CreatedCursor>) {
  if (!after) return undefined;
  return or(lt(createdAt, after.createdAt), and(eq(createdAt, after.createdAt), lt(id, after.id)));
}
