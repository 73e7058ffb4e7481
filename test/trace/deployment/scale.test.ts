import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { countDeployment } from "../../../src/trace/deployment/overview.ts";
import { listTroubles } from "../../../src/trace/deployment/troubles.ts";
import { countingDb } from "../../support/database/counting-db.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { insertMany } from "../../support/database/many.ts";
import { insertTroubled } from "../../support/database/troubled.ts";
import { World } from "../../support/world.ts";

beforeAll(async () => {
  await emptyDatabase();
  const tenant = await new World(env.DB).createTenant();
  for (const sql of insertMany(tenant, 300_000, 1_000)) await env.DB.prepare(sql).run();
  for (const sql of insertTroubled(10_000)) await env.DB.prepare(sql).run();
});

test("measure", async () => {
  const { db, bill } = countingDb(env.DB);
  const found = await listTroubles(db, [], true);
  const second = countingDb(env.DB);
  const over = await countDeployment(second.db, [], 0);
  expect({
    bill,
    n: found.tenants.length,
    c: found.complete,
    ts: found.tenants.slice(0, 2),
    over,
    b2: second.bill,
  }).toBe(1);
});
