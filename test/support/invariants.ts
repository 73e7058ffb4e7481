import { expect } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { VIOLATIONS } from "./violations.ts";

/** Fails with the rows that break an invariant, if there are any. */
export async function checkInvariants(db: Database, tenantId: string): Promise<void> {
  const names = Object.keys(VIOLATIONS);
  const results = await db.batch(Object.values(VIOLATIONS).map((query) => db.prepare(query).bind(tenantId)));
  const broken = names.flatMap((name, position) => {
    const rows = results[position]?.results ?? [];
    return rows.length > 0 ? [{ invariant: name, rows: rows.slice(0, 5) }] : [];
  });
  expect(broken).toEqual([]);
}
