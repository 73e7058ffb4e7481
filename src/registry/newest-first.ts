import { and, eq, lt, or } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** A page of a list of which the newest come first. `after`: where it begins; undefined: with the newest. */
export interface NewestFirst {
  limit: number;
  after: { createdAt: number; id: string } | undefined;
}

/** What comes after a place. Of those made in the same millisecond the later id comes first. */
export function isAfter(createdAt: SQLiteColumn, id: SQLiteColumn, { after }: NewestFirst) {
  if (!after) return undefined;
  return or(lt(createdAt, after.createdAt), and(eq(createdAt, after.createdAt), lt(id, after.id)));
}
