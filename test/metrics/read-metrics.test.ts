import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { permanent, temporary } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/database.ts";
import { JOBS } from "../../src/domain/jobs.ts";
import { familiesOf } from "../../src/metrics/deployment-families.ts";
import { exposition } from "../../src/metrics/exposition.ts";
import { metricLimits } from "../../src/metrics/metric-limits.ts";
import { readMetrics } from "../../src/metrics/read-metrics.ts";
import { event } from "../../src/outbox/message.ts";
import { foldSums } from "../../src/upkeep/fold-sums.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import {
  DAY,
  FIVE_MINUTES,
  HOUR,
  insertManySums,
  insertSums,
  type SumsRow,
} from "../support/database/sums.ts";
import { seriesOf } from "../support/metrics.ts";
import { World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
});

async function metrics(tenants: readonly string[] = [], db: Database = env.DB) {
  const series = seriesOf(exposition(familiesOf(await readMetrics(db, tenants, world.now), 1e10)));
  return (name: string) => series[`edge_outbox_${name}`];
}

describe("counters", () => {
  test("are the sums of all times and of what is not folded yet, by channel, with every class and bound", async () => {
    const counts = {
      delivered: 3,
      retried: 2,
      dead: 1,
      timed_out: 2,
      other: 1,
      l0: 2,
      l12: 1,
      d0: 4,
      d10: 2,
    };
    await env.DB.batch([
      insertSums({ endpointId: "webhook", counts }),
      insertSums({ endpointId: "webhook", step: HOUR, counts: { delivered: 10, l3: 10, d3: 10 } }),
      insertSums({ endpointId: "webhook", step: DAY, counts: { delivered: 100, l3: 100, d3: 100 } }),
      insertSums({ endpointId: "webhook", step: 0, counts: { delivered: 1000, l3: 1000, d3: 1000 } }),
      insertSums({ counts: { committed: 7 } }),
      insertSums({ step: 0, counts: { committed: 70 } }),
      insertSums({ tenantId: "acme", endpointId: "ep_1", counts: { delivered: 5 } }),
      insertSums({ tenantId: "acme", counts: { committed: 5 } }),
    ]);
    const value = await metrics();
    expect(value("messages_committed_total")).toBe(77);
    expect(value('attempts_total{channel="webhook",outcome="delivered"}')).toBe(1003);
    expect(value('attempts_total{channel="webhook",outcome="retry"}')).toBe(2);
    expect(value('attempts_total{channel="webhook",outcome="dead"}')).toBe(1);
    expect(value('attempts_total{channel="email",outcome="delivered"}')).toBe(0);
    expect(value('attempt_failures_total{channel="webhook",class="timed_out"}')).toBe(2);
    expect(value('attempt_failures_total{channel="webhook",class="other"}')).toBe(1);
    expect(value('delivery_latency_seconds_bucket{channel="webhook",le="0.05"}')).toBe(2);
    expect(value('delivery_latency_seconds_bucket{channel="webhook",le="3600"}')).toBe(1002);
    expect(value('delivery_latency_seconds_bucket{channel="webhook",le="+Inf"}')).toBe(1003);
    expect(value('delivery_latency_seconds_count{channel="webhook"}')).toBe(1003);
    expect(value('attempt_duration_seconds_bucket{channel="webhook",le="15"}')).toBe(1004);
    expect(value('attempt_duration_seconds_count{channel="webhook"}')).toBe(1006);
  });

  test("do not move when sums are folded", async () => {
    await env.DB.batch([
      insertManySums({ endpointId: "webhook", step: FIVE_MINUTES, count: 24 }),
      insertSums({ endpointId: "webhook", step: 0, counts: { delivered: 5 } }),
    ]);
    const delivered = 'attempts_total{channel="webhook",outcome="delivered"}';
    expect((await metrics())(delivered)).toBe(29);
    const stepsOf = async () => {
      const { results } = await env.DB.prepare("SELECT DISTINCT step FROM outbox_sums ORDER BY step").all();
      return results.map(({ step }) => step);
    };
    for (const [days, steps] of [
      [4, [0, HOUR]],
      [100, [0, DAY]],
      [800, [0]],
    ] as const) {
      await env.DB.batch(foldSums(env.DB, [""], days * DAY));
      expect(await stepsOf()).toEqual(steps);
      expect((await metrics())(delivered)).toBe(29);
    }
  });
});

describe("gauges", () => {
  test("count what is due, held on purpose, behind its key and due later", async () => {
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant, { eventTypes: ["open", "keyed", "later"] });
    const held = await world.createEndpoint(tenant, { eventTypes: ["held"] });
    await env.DB.prepare("UPDATE outbox_endpoints SET state = 'paused' WHERE id = ?").bind(held).run();
    const later = { deliverAt: new Date(world.now + HOUR) };
    await world.commit(tenant, {
      messages: [
        event("open", 1),
        event("keyed", 1, { orderingKey: "k" }),
        event("keyed", 2, { orderingKey: "k" }),
        event("keyed", 3, { orderingKey: "k" }),
        event("held", 1),
        event("held", 2),
        event("later", 1, later),
      ],
    });
    const value = await metrics();
    expect(value('unsettled{reason="due"}')).toBe(2);
    expect(value('unsettled{reason="held"}')).toBe(2);
    expect(value('unsettled{reason="key"}')).toBe(2);
    expect(value('unsettled{reason="later"}')).toBe(1);
    expect(value('capped{count="unsettled"}')).toBe(0);
    expect(value('endpoints{state="enabled"}')).toBe(1);
    expect(value('endpoints{state="paused"}')).toBe(1);
  });

  test("count dead letters, blocked keys, and endpoints that fail", async () => {
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant, { order: "strict", eventTypes: ["dies"] });
    await world.createEndpoint(tenant, { eventTypes: ["fails"] });
    world.answer = ({ eventType }) =>
      eventType === "dies"
        ? permanent("target_refused", "no")
        : temporary("http_status", { httpStatus: 503 });
    const keyed = (key: string) => event("dies", 1, { orderingKey: key });
    await world.commit(tenant, {
      messages: [keyed("a"), keyed("a"), keyed("b"), event("dies", 1), event("fails", 1)],
    });
    await world.onAlarm(tenant);
    await world.consume();
    const value = await metrics();
    expect(value("dead_letters")).toBe(3);
    expect(value("blocked_keys")).toBe(2);
    expect(value("endpoints_failing")).toBe(1);
    expect(value('unsettled{reason="key"}')).toBe(1);
  });

  test("count kept events of e-mails, those that cannot be recorded apart, and tell the age of the first", async () => {
    const none = await metrics();
    expect(none('email_events_kept{state="waiting"}')).toBe(0);
    expect(none("email_events_oldest_seconds")).toBe(0);
    const insert = env.DB.prepare("INSERT INTO outbox_email_unmatched VALUES (?, ?, '{}', ?)");
    await env.DB.batch([
      insert.bind("cloudflare e1", "cloudflare a", world.now - 2 * HOUR),
      insert.bind("cloudflare e2", "aside cloudflare b", world.now - HOUR),
      insert.bind("cloudflare e3", "cloudflare c", world.now),
    ]);
    const value = await metrics();
    expect(value('email_events_kept{state="waiting"}')).toBe(2);
    expect(value('email_events_kept{state="aside"}')).toBe(1);
    expect(value("email_events_oldest_seconds")).toBe(7200);
    expect(value('capped{count="email_events"}')).toBe(0);
  });

  test("count tenants with too many complaints by level, and e-mails that came back of all times", async () => {
    const [one, other, former] = [
      await world.createTenant(),
      await world.createTenant(),
      await world.createTenant(),
    ];
    const tell = env.DB.prepare(
      "UPDATE outbox_tenants SET complaints_told_at = ?, complaints_told = ? WHERE id = ?",
    );
    await env.DB.batch([
      tell.bind(world.now - DAY + 1, "warning", one),
      tell.bind(world.now, "grave", other),
      tell.bind(world.now - DAY, "grave", former),
      insertSums({ endpointId: "email", counts: { hard_bounced: 3, soft_bounced: 2, complained: 1 } }),
      insertSums({ endpointId: "email", step: 0, counts: { hard_bounced: 10, complained: 10 } }),
    ]);
    const value = await metrics();
    expect(value('complaint_tenants{level="warning"}')).toBe(1);
    expect(value('complaint_tenants{level="grave"}')).toBe(1);
    expect(value('email_bounces_total{type="hard"}')).toBe(13);
    expect(value('email_bounces_total{type="soft"}')).toBe(2);
    expect(value("email_complaints_total")).toBe(11);
  });

  test("tell the findings of the cron: lateness, the database, its trigger, and each job", async () => {
    const fresh = await metrics();
    for (const job of JOBS) expect(fresh(`cron_last_run_timestamp_seconds{cron_job="${job}"}`)).toBe(0);
    expect(fresh("oldest_late_seconds")).toBe(0);
    expect(fresh("summed_lag_seconds")).toBeUndefined();
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", 1)] });
    world.now += 100_000;
    await world.runJobs();
    await env.DB.prepare("UPDATE outbox_sweep SET summed_at = ?")
      .bind(world.now - 4000)
      .run();
    world.now += 500;
    const value = await metrics();
    expect(value("oldest_late_seconds")).toBe(100.5);
    expect(value("late_tenants")).toBe(1);
    expect(value("sound")).toBe(1);
    expect(value("database_bytes")).toBeGreaterThan(10_000);
    expect(value("database_max_bytes")).toBe(1e10);
    expect(value("summed_lag_seconds")).toBe(4.5);
    for (const job of JOBS) {
      expect(value(`cron_last_run_timestamp_seconds{cron_job="${job}"}`)).toBe((world.now - 500) / 1000);
    }
  });
});

describe("the rows read", () => {
  test("are told, and follow the sums: as many as three days of five minutes and 90 of hours leave", async () => {
    const channels = ["webhook", "email", "handler", ""];
    await env.DB.batch(
      channels.flatMap((endpointId) => [
        insertManySums({ endpointId, step: FIVE_MINUTES, count: 3 * 288 }),
        insertManySums({ endpointId, step: HOUR, count: 90 * 24 }),
        insertManySums({ endpointId, step: DAY, count: 365 }),
      ]),
    );
    const { db, bill } = countingDb(env.DB);
    const value = await metrics([], db);
    expect(bill.roundTrips).toBe(1);
    expect(value("scrape_rows_read")).toBe(bill.rowsRead);
    const rows = channels.length * (3 * 288 + 90 * 24 + 365);
    expect(bill.rowsRead).toBeLessThan(rows + 20);
    expect(bill.rowsRead).toBeLessThan(14_000);
  });

  test("stay below a bound, however many deliveries, keys, dead letters and endpoints there are, and that is told", async () => {
    const { counted } = metricLimits;
    const tenant = await world.createTenant();
    const endpointId = await world.createEndpoint(tenant);
    const count = counted.due + 2 * counted.keys;
    for (const sql of backlogStatements({ tenantId: tenant, endpointId, count, at: world.now })) {
      await env.DB.prepare(sql).run();
    }
    const change = (what: string, from: number, to: number) =>
      env.DB.prepare(`UPDATE outbox_deliveries SET ${what} WHERE seq > ${from} AND seq <= ${to}`);
    await env.DB.batch([
      change("blocks = 1, behind = 1, ordering_key = 'k' || seq", 0, counted.keys),
      change(
        "state = 'dead', due_at = NULL, settled_at = 1, blocks = 1, ordering_key = 'k' || seq",
        counted.keys,
        2 * counted.keys,
      ),
      env.DB.prepare(
        `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
         INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, created_at, updated_at)
         SELECT ?1, 'ep_z' || n, 'webhook', 'https://example.com/', 'enabled', 1, 1 FROM n`,
      ).bind(tenant, counted.endpoints),
    ]);
    const { db, bill } = countingDb(env.DB);
    const value = await metrics([], db);
    for (const name of ["unsettled", "dead_letters", "blocked_keys", "endpoints"]) {
      expect(value(`capped{count="${name}"}`), name).toBe(1);
    }
    expect(value('unsettled{reason="due"}')).toBe(counted.due);
    expect(value("dead_letters")).toBe(counted.dead);
    // Of keys and of those that block them, the row is read beside the entry.
    const most = counted.due + 4 * counted.keys + counted.dead + counted.endpoints;
    expect(bill.rowsRead).toBeGreaterThan(most * 0.8);
    expect(bill.rowsRead).toBeLessThan(most + 100);
  });
});

describe("tenants", () => {
  test("have series of their own, as exact as their statistics, and the unknown and deleted have none", async () => {
    const [tenant, other, gone] = [
      await world.createTenant(),
      await world.createTenant(),
      await world.createTenant(),
    ];
    const endpoint = await world.createEndpoint(tenant, { eventTypes: ["a"] });
    await env.DB.prepare("UPDATE outbox_tenants SET state = 'deleted' WHERE id = ?").bind(gone).run();
    await world.commit(tenant, { messages: [event("a", 1), event("a", 2), event("b", 1)] });
    const recent = (counts: SumsRow["counts"], at: number, step = FIVE_MINUTES) =>
      insertSums({ tenantId: tenant, endpointId: endpoint, at, step, counts });
    await env.DB.batch([
      recent({ delivered: 3, dead: 2, refused: 2 }, world.now),
      recent({ delivered: 10 }, world.now - HOUR + FIVE_MINUTES),
      recent({ delivered: 100 }, world.now - HOUR - FIVE_MINUTES),
      recent({ delivered: 1000 }, world.now, HOUR),
      insertSums({ tenantId: tenant, at: world.now, counts: { committed: 99 } }),
    ]);
    world.now += 5000;
    const value = await metrics([tenant, other, gone, "nobody"]);
    const of = (id: string, rest = "") => `{tenant="${id}"${rest}}`;
    expect(value(`tenant_messages_committed_total${of(tenant)}`)).toBe(3);
    expect(value(`tenant_attempts_in_hour${of(tenant, ',outcome="delivered"')}`)).toBe(13);
    expect(value(`tenant_attempts_in_hour${of(tenant, ',outcome="dead"')}`)).toBe(2);
    expect(value(`tenant_attempt_failures_in_hour${of(tenant, ',class="refused"')}`)).toBe(2);
    expect(value(`tenant_unsettled${of(tenant, ',reason="due"')}`)).toBe(2);
    expect(value(`tenant_oldest_late_seconds${of(tenant)}`)).toBe(5);
    expect(value(`tenant_endpoints${of(tenant, ',state="enabled"')}`)).toBe(1);
    expect(value(`tenant_attempts_in_hour${of(other, ',outcome="delivered"')}`)).toBe(0);
    expect(value(`tenant_messages_committed_total${of(gone)}`)).toBeUndefined();
    expect(value(`tenant_messages_committed_total${of("nobody")}`)).toBeUndefined();
  });

  test("cost some rows for each endpoint, however many sums are kept", async () => {
    const tenant = await world.createTenant();
    const endpoints = [await world.createEndpoint(tenant), await world.createEndpoint(tenant)];
    const since = Math.floor(world.now / FIVE_MINUTES) - 3 * 288;
    await env.DB.batch(
      endpoints.flatMap((endpointId) => [
        insertManySums({ tenantId: tenant, endpointId, step: FIVE_MINUTES, count: 3 * 288, since }),
        insertManySums({ tenantId: tenant, endpointId, step: HOUR, count: 90 * 24 }),
      ]),
    );
    const { db, bill } = countingDb(env.DB);
    const value = await metrics([tenant], db);
    expect(value(`tenant_attempts_in_hour{tenant="${tenant}",outcome="delivered"}`)).toBe(2 * 12);
    expect(bill.rowsRead).toBeLessThan(100);
  });

  test("cost nothing to whoever does not ask for them", async () => {
    const read = async (tenants: readonly string[]) => {
      const { db, bill } = countingDb(env.DB);
      await metrics(tenants, db);
      return bill.rowsRead;
    };
    const ids = await Promise.all(Array.from({ length: 20 }, () => world.createTenant()));
    const alone = await read([]);
    const [five, ten] = [await read(ids.slice(0, 5)), await read(ids.slice(0, 10))];
    expect(alone).toBeLessThan(80);
    expect(five - alone).toBeLessThanOrEqual(5 * 20);
    expect(ten - alone).toBeGreaterThan(five - alone);
    expect(ten - alone).toBeLessThanOrEqual(10 * 20);
  });
});
