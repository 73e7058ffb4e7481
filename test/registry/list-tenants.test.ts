import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { CreatedCursor } from "../../src/domain/page.ts";
import { limits } from "../../src/platform/limits.ts";
import { listTenants } from "../../src/registry/list-tenants.ts";
import { deleteTenant, setTenantPaused } from "../../src/registry/tenants.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { World } from "../support/world.ts";

const world = new World(env.DB);
/** Newest first, two of each instant. */
let all: string[];

async function walk(limit: number, state?: "active" | "paused") {
  const seen: string[] = [];
  let after: CreatedCursor | undefined;
  do {
    const page = await listTenants(env.DB, { limit, after, state });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    seen.push(...page.entries.map(({ id }) => id));
    after = page.next ?? undefined;
  } while (after);
  return seen;
}

beforeAll(async () => {
  const made: [createdAt: number, id: string][] = [];
  for (let n = 0; n < 12; n++) {
    if (n % 2 === 0) world.now += 1000;
    made.push([world.now, await world.createTenant()]);
  }
  all = made
    .toSorted(([at, id], [other, otherId]) => other - at || (id < otherId ? 1 : -1))
    .map(([, id]) => id);
  await deleteTenant(world.registryTools(), all[3] ?? "");
  await setTenantPaused(world.registryTools(), all[5] ?? "", true);
});

describe("the tenants", () => {
  test.each([1, 3, 11, 50])(
    "are listed newest first, without deleted ones, in pages of %d",
    async (limit) => {
      expect(await walk(limit)).toEqual(all.filter((_, n) => n !== 3));
    },
  );

  test("are listed by state", async () => {
    expect(await walk(2, "paused")).toEqual([all[5]]);
    expect(await walk(4, "active")).toEqual(all.filter((_, n) => n !== 3 && n !== 5));
  });

  test("are described, and a page looks at no more than its share, however many were deleted", async () => {
    const count = 3 * limits.lookedAtPerShown;
    await env.DB.prepare(`
      INSERT INTO outbox_tenants (id, name, state, created_at)
      WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
      SELECT 'gone-' || n, NULL, 'deleted', ?2 + n FROM n`)
      .bind(count, world.now + 1)
      .run();
    let after: CreatedCursor | undefined;
    for (let page = 1; page <= 3; page++) {
      const { db, bill } = countingDb(env.DB);
      const { entries, next } = await listTenants(db, { limit: 1, after });
      expect(entries).toEqual([]);
      expect(bill.rowsRead).toBeLessThan(4 * limits.lookedAtPerShown);
      expect(next).toEqual({
        createdAt: world.now + 2 + count - page * limits.lookedAtPerShown,
        id: expect.anything(),
      });
      after = next ?? undefined;
    }
    const { entries } = await listTenants(env.DB, { limit: 1, after });
    expect(entries).toEqual([
      {
        id: all[0],
        name: null,
        quota: null,
        notifyEmail: null,
        senders: null,
        state: "active",
        createdAt: world.now,
      },
    ]);
  });
});
