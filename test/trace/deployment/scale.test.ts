import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../../src/db/database.ts";
import { deploymentLimits } from "../../../src/platform/deployment-limits.ts";
import { groupDeadLettersOfAll, listDeadLettersOfAll } from "../../../src/trace/deployment/dead-letters.ts";
import { listFailingEndpoints } from "../../../src/trace/deployment/failing-endpoints.ts";
import { countDeployment } from "../../../src/trace/deployment/overview.ts";
import { readDeploymentOutcomes } from "../../../src/trace/deployment/series.ts";
import { listTroubles } from "../../../src/trace/deployment/troubles.ts";
import { listMessages } from "../../../src/trace/messages.ts";
import { search } from "../../../src/trace/search/search.ts";
import { countingDb } from "../../support/database/counting-db.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { insertMany } from "../../support/database/many.ts";
import { FIVE_MINUTES, insertManySums } from "../../support/database/sums.ts";
import { insertTroubled } from "../../support/database/troubled.ts";
import { World } from "../../support/world.ts";

/** Rows that one call reads at the most, of 10,000 tenants and a million messages. */
const MOST = 25_000;
const TENANTS = 10_000;

let large: string;
let messageId: string;

beforeAll(async () => {
  await emptyDatabase();
  large = await new World(env.DB).createTenant();
  for (const sql of insertMany(large, 1_000_000, 2_000)) await env.DB.prepare(sql).run();
  for (const sql of insertTroubled(TENANTS)) await env.DB.prepare(sql).run();
  await env.DB.prepare("UPDATE outbox_sweep SET summed_at = ?").bind(OUTCOMES_AT).run();
  await env.DB.batch(
    ["webhook", "email", "handler"].map((endpointId) =>
      insertManySums({ endpointId, step: FIVE_MINUTES, count: 3 * 288 }),
    ),
  );
  const { entries } = await listMessages(env.DB, "troubled-10000", { limit: 1 });
  messageId = entries[0]?.id ?? "";
});

const OUTCOMES_AT = 3 * 288 * FIVE_MINUTES;
const page = { limit: 100 };
const budgeting = { disableAfterMs: 1, now: 1 };
const late = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ tenantId: `troubled-${9000 + n}`, since: 1 }));

type Read = (db: Database) => Promise<unknown>;
const READS: Record<string, Read> = {
  overview: async (db) => {
    await countDeployment(db, late(100), 100);
    await readDeploymentOutcomes(db);
  },
  troubles: (db) => listTroubles(db, [], true),
  "troubles, a hundred tenants late": (db) => listTroubles(db, late(100), true),
  "dead letters": (db) => listDeadLettersOfAll(db, page),
  "dead letters, deep": (db) =>
    listDeadLettersOfAll(db, {
      ...page,
      after: { tenantId: "troubled-05000", seq: 1, endpointId: "ep_001" },
    }),
  "groups of dead letters": (db) => groupDeadLettersOfAll(db, undefined),
  "groups of one tenant's dead letters": (db) =>
    groupDeadLettersOfAll(db, { tenantId: "troubled-00050", seq: 99, endpointId: "ep_001" }),
  "failing endpoints": (db) => listFailingEndpoints(db, page, budgeting),
  "failing endpoints, deep": (db) =>
    listFailingEndpoints(
      db,
      { ...page, after: { state: "enabled", tenantId: "troubled-05000", id: "ep" } },
      budgeting,
    ),
  "a message by its id": (db) => search(db, { q: messageId }),
  "a message by its id, within its tenant": (db) => search(db, { q: messageId, tenant: "troubled-10000" }),
  "an endpoint that every tenant has": (db) => search(db, { q: "ep_001" }),
  "a token": (db) => search(db, { q: "tok_none" }),
  "a word that nothing has": (db) => search(db, { q: "nothing" }),
  "a part of every name": (db) => search(db, { q: "tenant" }),
  "an ordering key that every tenant has": (db) => search(db, { q: "key-1" }),
  "an ordering key within a tenant": (db) => search(db, { q: "key-1", tenant: large }),
  "a text": (db) => search(db, { q: "text:never", tenant: large }),
};

describe("of 10,000 tenants with trouble and a million messages, a call reads no more rows than it may:", () => {
  test.each(Object.entries(READS))("%s", async (name, read) => {
    const { db, bill } = countingDb(env.DB);
    await read(db);
    expect(bill.rowsRead, name).toBeLessThanOrEqual(MOST);
    expect(bill.roundTrips).toBeLessThanOrEqual(3);
  });
});

test("the bounds are told", async () => {
  expect((await listTroubles(env.DB, [], true)).complete).toBe(false);
  const counts = await countDeployment(env.DB, [], 0);
  const { tenants, deadLetters, heads, endpoints } = deploymentLimits.overviewCounted;
  expect(counts).toMatchObject({
    tenants: { active: { count: TENANTS + 1, capped: false } },
    troubled: { any: { capped: true }, failingEndpoints: { count: tenants, capped: true } },
    deadLetters: { count: deadLetters, capped: true },
    blockedKeys: { count: heads, capped: true },
    endpoints: { disabled: { count: endpoints, capped: true } },
  });
});
