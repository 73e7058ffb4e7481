import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { limits } from "../../src/platform/limits.ts";
import { listBlockedDeliveries, listBlockedKeys } from "../../src/trace/blocked-keys.ts";
import { listDeadLetters } from "../../src/trace/dead-letters.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
import { listEmails } from "../../src/trace/emails.ts";
import { groupFailures, listFailures } from "../../src/trace/failures.ts";
import { listMessages } from "../../src/trace/messages.ts";
import { readNow } from "../../src/trace/now.ts";
import { readSeries } from "../../src/trace/series.ts";
import { readStats } from "../../src/trace/stats.ts";
import { readVolumes } from "../../src/trace/volumes.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { FROM, insertMany } from "../support/database/many.ts";
import { World } from "../support/world.ts";

interface Size {
  name: string;
  count: number;
  /** How many of the newest are unsettled. */
  unsettled: number;
}

const SIZES: Size[] = [
  { name: "1,000 messages", count: 1_000, unsettled: 500 },
  { name: "1,000,000 messages", count: 1_000_000, unsettled: 2_000 },
  { name: "a backlog of 100,000 messages", count: 200_000, unsettled: 100_000 },
];
const tenants = new Map<string, string>();
const limit = 50;
const looked = limit * limits.lookedAtPerShown;

beforeAll(async () => {
  for (const { name, count, unsettled } of SIZES) {
    const tenant = await new World(env.DB).createTenant();
    for (const sql of insertMany(tenant, count, unsettled)) await env.DB.prepare(sql).run();
    tenants.set(name, tenant);
  }
});

/** Rows that a page reads at the most: what is shown; what is looked through in vain; what is put in order. */
const SHOWN = 15 * limit + 400;
const LOOKED = 4.5 * looked + 400;
const SORTED = 10 * limits.unsettledSorted;

type Read = (db: Database, tenant: string, size: number) => Promise<unknown>;
const READS: Record<string, [most: number, read: Read]> = {
  messages: [SHOWN, (db, t) => listMessages(db, t, { limit })],
  "messages, deep": [SHOWN, (db, t, size) => listMessages(db, t, { limit, after: { seq: size / 2 } })],
  "messages of a common type": [SHOWN, (db, t) => listMessages(db, t, { limit, eventType: "common" })],
  "messages of a rare type": [LOOKED, (db, t) => listMessages(db, t, { limit, eventType: "rare" })],
  "messages of a type that never came": [
    LOOKED,
    (db, t) => listMessages(db, t, { limit, eventType: "never" }),
  ],
  "messages of a key": [LOOKED, (db, t) => listMessages(db, t, { limit, orderingKey: "never" })],
  "messages to an endpoint": [LOOKED, (db, t) => listMessages(db, t, { limit, endpointId: "ep_rare" })],
  "messages that went to nobody": [LOOKED, (db, t) => listMessages(db, t, { limit, unmatched: true })],
  "messages of a minute": [
    SHOWN,
    (db, t, size) => {
      const since = FROM + (size / 2) * 1000;
      return listMessages(db, t, { limit, since, until: since + 60_000 });
    },
  ],
  deliveries: [SHOWN, (db, t) => listDeliveries(db, t, { limit })],
  "deliveries, deep": [
    SHOWN,
    (db, t, size) => listDeliveries(db, t, { limit, after: { seq: size / 2, endpointId: "ep_a" } }),
  ],
  delivered: [LOOKED, (db, t) => listDeliveries(db, t, { limit, state: "delivered" })],
  dead: [SHOWN, (db, t) => listDeliveries(db, t, { limit, state: "dead" })],
  cancelled: [SHOWN, (db, t) => listDeliveries(db, t, { limit, state: "cancelled" })],
  "dead of a rare type": [
    LOOKED,
    (db, t) => listDeliveries(db, t, { limit, state: "dead", eventType: "rare" }),
  ],
  pending: [SORTED, (db, t) => listDeliveries(db, t, { limit, state: "pending" })],
  "pending of a type": [
    SORTED,
    (db, t) => listDeliveries(db, t, { limit, state: "pending", eventType: "never" }),
  ],
  leased: [SORTED, (db, t) => listDeliveries(db, t, { limit, state: "leased" })],
  "deliveries to an endpoint": [LOOKED, (db, t) => listDeliveries(db, t, { limit, endpointId: "ep_rare" })],
  "deliveries of a type": [LOOKED, (db, t) => listDeliveries(db, t, { limit, eventType: "never" })],
  "deliveries by e-mail": [LOOKED, (db, t) => listDeliveries(db, t, { limit, channel: "email" })],
  "deliveries of a minute, long ago": [
    SHOWN,
    (db, t, size) => {
      const since = FROM + (size / 4) * 1000;
      return listDeliveries(db, t, { limit, since, until: since + 60_000 });
    },
  ],
  "dead letters": [SHOWN, (db, t) => listDeadLetters(db, t, { limit })],
  "dead letters until long ago": [
    SHOWN,
    (db, t, size) => listDeadLetters(db, t, { limit, until: FROM + (size / 4) * 1000 }),
  ],
  "e-mails": [LOOKED, (db, t) => listEmails(db, t, { limit })],
  "blocked keys": [SHOWN, (db, t) => listBlockedKeys(db, t, { limit })],
  "blocked keys of another endpoint": [
    LOOKED,
    (db, t) => listBlockedKeys(db, t, { limit, endpointId: "ep_rare" }),
  ],
  "deliveries of a key": [
    SHOWN,
    (db, t) => listBlockedDeliveries(db, t, { limit, endpointId: "ep_a", orderingKey: "k" }),
  ],
  "a series": [8 * limits.unsummedCounted.brief, (db, t, size) => readSeries(db, t, {}, FROM + size * 1000)],
  "volumes of event types": [
    3 * limits.volumeCounted,
    (db, t, size) => readVolumes(db, t, FROM + size * 1000),
  ],
  failures: [SHOWN, (db, t) => listFailures(db, t, { limit })],
  "failures until long ago": [
    SHOWN,
    (db, t, size) => listFailures(db, t, { limit, until: FROM + (size / 4) * 1000 }),
  ],
  "failures of another endpoint": [LOOKED, (db, t) => listFailures(db, t, { limit, endpointId: "ep_rare" })],
  "failures that never came": [
    LOOKED,
    (db, t) => listFailures(db, t, { limit, error: "timeout", httpStatus: 504 }),
  ],
  "groups of failures": [
    5 * limits.statsCounted,
    (db, t, size) => groupFailures(db, t, { since: 0 }, FROM + size * 1000),
  ],
  "this moment": [5000, (db, t, size) => readNow(db, t, FROM + size * 1000)],
  statistics: [12 * limits.statsCounted, (db, t, size) => readStats(db, t, { since: 0 }, FROM + size * 1000)],
};

describe.each(SIZES)("of $name, rows are read within the bound of any number:", ({ name, count }) => {
  test.each(Object.entries(READS))("%s", async (_, [most, read]) => {
    const { db, bill } = countingDb(env.DB);
    await read(db, tenants.get(name) ?? "", count);
    expect(bill.rowsRead).toBeLessThan(most);
    expect(bill.roundTrips).toBeLessThanOrEqual(2);
  });
});

test("of more messages than are counted, the volumes of event types are at least as many", async () => {
  const now = FROM + 1_000_000_000;
  const volumeOf = await readVolumes(env.DB, tenants.get("1,000,000 messages") ?? "", now);
  expect([volumeOf("common"), volumeOf("never")]).toEqual([
    { count: limits.volumeCounted, capped: true },
    { count: 0, capped: true },
  ]);
  const few = await readVolumes(env.DB, tenants.get("1,000 messages") ?? "", FROM + 1_000_000);
  expect([few("common"), few("rare"), few("never")]).toEqual([
    { count: 999, capped: false },
    { count: 1, capped: false },
    { count: 0, capped: false },
  ]);
});

test("of more than are put in order, what is unsettled is counted as far as that, and then looked through", async () => {
  const { db, bill } = countingDb(env.DB);
  const tenant = tenants.get("a backlog of 100,000 messages") ?? "";
  const { entries } = await listDeliveries(db, tenant, { limit, state: "pending" });
  expect(entries).toHaveLength(limit);
  expect(bill.roundTrips).toBe(2);
  expect(bill.rowsRead).toBeLessThan(5 * limits.unsettledSorted + SHOWN);
});
