import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/platform/clock.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { emptyDatabase } from "../support/database/empty-database.ts";
import { FROM, insertMany } from "../support/database/many.ts";
import { DAY, FIVE_MINUTES, HOUR, insertManySums } from "../support/database/sums.ts";
import { insertTroubled } from "../support/database/troubled.ts";
import { PAGE_READS } from "../support/page-reads.ts";
import { apiWith } from "../support/worker/own-api.ts";
import { World } from "../support/world.ts";

/** Rows that the readings of a page read together, when it is opened. */
const MOST = 25_000;
const MESSAGES = 200_000;
const NOW = FROM + MESSAGES * 1000;
/** Sums: five minutes for three days, and hours before them. */
const COUNT = 3 * 288;
const HOURS = 27 * 24;

const headers = { authorization: "Bearer operator-token-for-tests" };
const clock = { ...systemClock, now: () => NOW };
const ids: Record<string, string> = { endpoint: "ep_a", eventType: "common" };

/** A tenant with 200,000 messages, of which 2,000 wait and are not summed up, among 1,000 tenants with trouble. */
beforeAll(async () => {
  await emptyDatabase();
  const tenant = await new World(env.DB).createTenant();
  for (const sql of insertMany(tenant, MESSAGES, 2_000)) await env.DB.prepare(sql).run();
  for (const sql of insertTroubled(1_000, 0)) await env.DB.prepare(sql).run();
  await env.DB.prepare("UPDATE outbox_sweep SET summed_at = ?")
    .bind(NOW - 2_000_000)
    .run();
  const summed = { step: FIVE_MINUTES, count: COUNT, since: Math.floor(NOW / FIVE_MINUTES) - COUNT };
  const hours = { step: HOUR, count: HOURS, since: Math.floor((NOW - 3 * DAY) / HOUR) - HOURS - 1 };
  const all = ["", "webhook", "email", "handler"];
  const own = ["", "ep_a", ...Array.from({ length: 10 }, (_, n) => `ep_${n}`)];
  await env.DB.batch([
    ...[summed, hours].flatMap((some) => [
      ...all.map((endpointId) => insertManySums({ endpointId, ...some })),
      ...own.map((endpointId) => insertManySums({ tenantId: tenant, endpointId, ...some })),
    ]),
  ]);
  ids["tenant"] = tenant;
  const api = apiWith({ db: env.DB, clock });
  const post = (path: string, body: object) =>
    api(path, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  expect((await post(`/v1/tenants/${tenant}/event-types`, { name: "common" })).status).toBe(201);
  const messages = await (await api(`/v1/tenants/${tenant}/messages`, { headers })).json<{
    data: { id: string }[];
  }>();
  ids["message"] = messages.data[0]?.id ?? "";
});

const OF_SERIES = /\/series|\/failures\/groups/;

const reading = Object.entries(PAGE_READS).filter(([, addresses]) => addresses.length > 0);

/** Reads all of a page's addresses; series and groups since as many days ago. */
async function open(addresses: readonly string[], days: number): Promise<number> {
  const { db, bill } = countingDb(env.DB);
  const api = apiWith({ db, clock });
  for (const address of addresses) {
    const filled = address.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? ""));
    const since = `${filled.includes("?") ? "&" : "?"}since=${new Date(NOW - days * 86_400_000).toISOString()}`;
    const response = await api(OF_SERIES.test(filled) ? filled + since : filled, { headers });
    expect(response.status, `${filled}: ${await response.text()}`).toBe(200);
  }
  return bill.rowsRead;
}

test.each(reading)("a view of %s reads no more rows than it may", async (_, addresses) => {
  const rows = await open(addresses, 1);
  expect(rows).toBeGreaterThan(0);
  expect(rows).toBeLessThanOrEqual(MOST);
});

const charted = reading.filter(([, addresses]) => addresses.some((address) => address.includes("/series")));

test.each(charted.flatMap(([page, addresses]) => [7, 30].map((days) => [page, days, addresses] as const)))(
  "a view of %s over %i days reads no more rows than it may",
  async (_, days, addresses) => {
    expect(await open(addresses, days)).toBeLessThanOrEqual(MOST);
  },
);
