import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Database } from "../../../src/db/database.ts";
import { listEndpoints } from "../../../src/registry/endpoints.ts";
import { readTenant } from "../../../src/registry/tenants.ts";
import { listAuditOfAll } from "../../../src/trace/audit.ts";
import { listFailingEndpoints } from "../../../src/trace/deployment/failing-endpoints.ts";
import { countDeployment } from "../../../src/trace/deployment/overview.ts";
import { listTroubles } from "../../../src/trace/deployment/troubles.ts";
import { readNow } from "../../../src/trace/now.ts";
import { readDeploymentOutcomes, readDeploymentSeries, readSeries } from "../../../src/trace/series.ts";
import { countingDb } from "../../support/database/counting-db.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { insertMany } from "../../support/database/many.ts";
import { DAY, FIVE_MINUTES, insertManySums } from "../../support/database/sums.ts";
import { insertTroubled } from "../../support/database/troubled.ts";
import { World } from "../../support/world.ts";

/** Rows that the calls of a page read together, when it is opened. */
const MOST = 25_000;
const NOW = 3 * DAY + 1;
const SUMMED = { step: FIVE_MINUTES, count: 3 * 288 };

/** A tenant with 200,000 messages, of which 2,000 wait and are not summed up, and ten endpoints. */
let tenant: string;

beforeAll(async () => {
  await emptyDatabase();
  tenant = await new World(env.DB).createTenant();
  for (const sql of insertMany(tenant, 200_000, 2_000)) await env.DB.prepare(sql).run();
  for (const sql of insertTroubled(1_000, 0)) await env.DB.prepare(sql).run();
  await env.DB.prepare("UPDATE outbox_sweep SET summed_at = ?")
    .bind(3 * DAY)
    .run();
  const channels = ["", "webhook", "email", "handler"];
  const endpoints = ["", ...Array.from({ length: 10 }, (_, n) => `ep_${n}`)];
  await env.DB.batch([
    ...channels.map((endpointId) => insertManySums({ endpointId, ...SUMMED })),
    ...endpoints.map((endpointId) => insertManySums({ tenantId: tenant, endpointId, ...SUMMED })),
  ]);
});

const lately = { since: NOW - DAY };

type Read = (db: Database) => Promise<unknown>;
const PAGES: Record<string, Read[]> = {
  "the overview, of 1,000 tenants with trouble": [
    (db) => countDeployment(db, [], 0),
    readDeploymentOutcomes,
    (db) => listTroubles(db, [], true),
    (db) => listFailingEndpoints(db, { limit: 5 }, { disableAfterMs: 1, now: NOW }),
    (db) => listAuditOfAll(db, { tenantId: null, limit: 5 }),
    (db) => readDeploymentSeries(db, lately, NOW),
  ],
  "a tenant": [
    (db) => readTenant({ db }, tenant),
    (db) => readNow(db, tenant, NOW),
    (db) => readSeries(db, tenant, lately, NOW),
    (db) => listEndpoints(db, tenant, { limit: 100 }),
    (db) => listAuditOfAll(db, { tenantId: tenant, limit: 5 }),
  ],
};

test.each(Object.entries(PAGES))("a view of %s reads no more rows than it may", async (_, reads) => {
  const { db, bill } = countingDb(env.DB);
  for (const read of reads) await read(db);
  expect(bill.rowsRead).toBeGreaterThan(1_000);
  expect(bill.rowsRead).toBeLessThanOrEqual(MOST);
});
