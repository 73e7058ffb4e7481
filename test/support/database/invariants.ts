import { expect } from "vitest";
import type { Database } from "../../../src/db/database.ts";
import { AFTER_A_DRAIN, VIOLATIONS } from "./violations.ts";

/** Fails with the rows that break an invariant, if there are any. `drained`: whether the tenant's relay has had its turn. */
export async function checkInvariants(
  db: Database,
  tenantId: string,
  { drained = true }: { drained?: boolean } = {},
): Promise<void> {
  const names = Object.keys(VIOLATIONS).filter((name) => drained || !AFTER_A_DRAIN.has(name));
  const results = await db.batch(names.map((name) => db.prepare(VIOLATIONS[name] ?? "").bind(tenantId)));
  const broken = names.flatMap((name, position) => {
    const rows = results[position]?.results ?? [];
    return rows.length > 0 ? [{ invariant: name, rows: rows.slice(0, 5) }] : [];
  });
  expect(broken).toEqual([]);
}
