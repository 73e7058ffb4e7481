import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { limits } from "../../src/platform/limits.ts";
import { importSuppressions } from "../../src/registry/import-suppressions.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const importAll = (suppressions: unknown[], db: Database = env.DB, of = tenant) =>
  world.ask((tools) => importSuppressions({ ...tools, db }, of, { suppressions }));
const put = (address: string) => world.ask((tools) => putSuppression(tools, tenant, { address }));
const rows = async () =>
  (
    await env.DB.prepare(
      "SELECT address, reason, until, note, created_at FROM outbox_suppressions WHERE tenant_id = ? ORDER BY address",
    )
      .bind(tenant)
      .all()
  ).results;
const addresses = (count: number, name = "a") =>
  Array.from({ length: count }, (_, n) => ({ address: `${name}${n}@example.com` }));

test("an import adds the valid addresses, replaces those that are there, and tells which were refused, and why", async () => {
  await put("there@example.com");
  await env.DB.batch(
    [
      ["bounced@example.com", "hard_bounce", null],
      ["over@example.com", "soft_bounce", 1],
    ].map(([address, reason, until]) =>
      env.DB.prepare("INSERT INTO outbox_suppressions VALUES (?, ?, ?, ?, NULL, NULL, 1, 1)").bind(
        ...[tenant, address, reason, until],
      ),
    ),
  );
  const until = new Date(world.now + DAY).toISOString();
  const answer = await importAll([
    { address: "Ada <ADA@example.com>", until, note: "from before" },
    { address: "nobody" },
    { address: "there@example.com" },
    { address: "bounced@example.com" },
    { address: "over@example.com" },
    { address: "bob@example.com", note: "first" },
    { address: "BOB@example.com", note: "last" },
    { address: "eve@example.com", until: new Date(world.now).toISOString() },
    { address: "eve@example.com", reason: "complaint" },
    null,
  ]);
  expect(answer).toEqual({
    ...{ added: 3, existing: 3 },
    refused: [
      { index: 1, fields: [{ path: "suppressions[1].address", message: expect.stringMatching(/address/) }] },
      {
        index: 7,
        fields: [{ path: "suppressions[7].until", message: "must be in the future; leave it out for ever" }],
      },
      { index: 8, fields: [{ path: "suppressions[8]", message: 'Unknown field: "reason"' }] },
      { index: 9, fields: [{ path: "suppressions[9]", message: expect.any(String) }] },
    ],
  });
  const byRequest = { reason: "by_request", until: null, note: null };
  expect(await rows()).toEqual([
    {
      ...byRequest,
      address: "ada@example.com",
      until: world.now + DAY,
      note: "from before",
      created_at: world.now,
    },
    { ...byRequest, address: "bob@example.com", note: "last", created_at: world.now },
    { ...byRequest, address: "bounced@example.com", created_at: 1 },
    { ...byRequest, address: "over@example.com", created_at: 1 },
    { ...byRequest, address: "there@example.com", created_at: world.now },
  ]);
});

test("a repetition changes nothing; a thousand write a row each, and a repetition none", async () => {
  const all = addresses(1000);
  const first = countingDb(env.DB);
  expect(await importAll(all, first.db)).toEqual({ added: 1000, existing: 0, refused: [] });
  expect(first.bill.roundTrips).toBe(1);
  expect(first.bill.rowsWritten).toBe(1000);
  const before = await rows();
  world.now += DAY;
  const again = countingDb(env.DB);
  expect(await importAll(all, again.db)).toEqual({ added: 0, existing: 1000, refused: [] });
  expect(again.bill.rowsWritten).toBe(0);
  expect(again.bill.rowsRead).toBeLessThan(20_000);
  expect(await rows()).toEqual(before);
});

test("entries as long as they may be are taken, a thousand at once", async () => {
  const note = "€".repeat(limits.descriptionLength);
  const all = addresses(1000, "x".repeat(40)).map((one) => ({ ...one, note }));
  expect(await importAll(all)).toMatchObject({ added: 1000 });
});

test("more than a tenant may have are refused as a whole; those that are there do not count twice", async () => {
  const most = limits.suppressionsPerTenant;
  await env.DB.prepare(
    `INSERT INTO outbox_suppressions (tenant_id, address, reason, created_at, updated_at)
     WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < ?2 - 1)
     SELECT ?1, 'a' || n || '@example.com', 'by_request', 1, 1 FROM n`,
  )
    .bind(tenant, most - 300)
    .run();
  await expect(importAll(addresses(301, "b"))).rejects.toMatchObject({
    failure: { code: "suppression_limit_reached", limit: most },
  });
  expect(await rows()).toHaveLength(most - 300);
  expect(await importAll([...addresses(300, "b"), ...addresses(500)])).toMatchObject({
    added: 300,
    existing: 500,
  });
  await expect(importAll(addresses(1, "c"))).rejects.toMatchObject({
    failure: { code: "suppression_limit_reached" },
  });
});

test("a tenant that does not exist is told so, also without a valid entry", async () => {
  for (const entry of [{ address: "ada@example.com" }, { address: "nobody" }]) {
    await expect(importAll([entry], env.DB, "nobody")).rejects.toMatchObject({ code: "tenant_not_found" });
  }
});
