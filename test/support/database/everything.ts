import type { Database } from "../../../src/db/database.ts";
import { readGzipped } from "../../../src/db/payload.ts";

/** All rows of all tables of the outbox as one text, with what is gzipped unpacked. */
export async function everything(db: Database): Promise<string> {
  const { results } = await db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'outbox~_%' ESCAPE '~'")
    .all<{ name: string }>();
  const tables = await db.batch<Record<string, unknown>>(
    results.map(({ name }) => db.prepare(`SELECT * FROM ${name}`)),
  );
  const rows = tables.flatMap((table) => table.results).flatMap(Object.values);
  return rows.map((value) => (Array.isArray(value) ? readGzipped(hexOf(value)) : String(value))).join("\n");
}

function hexOf(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
