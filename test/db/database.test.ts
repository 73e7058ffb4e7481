import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { faultOf, queryBuilder, violates } from "../../src/db/database.ts";
import { tenants } from "../../src/db/schema.ts";
import { failingDb } from "../support/faults/failing-db.ts";

/** What drizzle throws for a single query that D1 answers with these words. It tells the query's values, too. */
async function thrownFor(words: string, name: string): Promise<unknown> {
  const db = failingDb(env.DB, { after: 0, message: words });
  return queryBuilder(db)
    .update(tenants)
    .set({ name })
    .then(() => undefined)
    .catch((error: unknown) => error);
}

describe("the fault", () => {
  test.each([
    ["D1_ERROR: Network connection lost.", "ambiguous"],
    ["D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.", "ambiguous"],
    ["D1_ERROR: D1 DB is overloaded. Requests queued for too long.", "overloaded"],
    ["D1_ERROR: no such column: x at offset 7: SQLITE_ERROR", "rejected"],
  ])("is told by D1's words: %s", async (words, fault) => {
    expect(faultOf(new Error(words))).toBe(fault);
    expect(faultOf(await thrownFor(words, "Acme"))).toBe(fault);
  });

  test("and not by the values of the query, whatever a caller has written there", async () => {
    const words = "D1_ERROR: no such column: x at offset 7: SQLITE_ERROR";
    for (const name of ["Network connection lost", "is overloaded", "it timed out"]) {
      expect(faultOf(await thrownFor(words, name))).toBe("rejected");
    }
    const lie = "NOT NULL constraint failed: outbox_tokens.tenant_id";
    expect(violates(await thrownFor(words, lie), "NOT NULL", "outbox_tokens.tenant_id")).toBe(false);
    expect(violates(await thrownFor(lie, "Acme"), "NOT NULL", "outbox_tokens.tenant_id")).toBe(true);
  });
});
