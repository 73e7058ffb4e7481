import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { percentile } from "../../src/domain/percentile.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { readDeploymentSeries } from "../../src/trace/deployment/series.ts";
import { readSeries, type SeriesFilter } from "../../src/trace/series.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { insertManySums } from "../support/database/sums.ts";
import { refused } from "../support/outside/replies.ts";
import { failureOf } from "../support/runner/failure-of.ts";
import { World } from "../support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  // At a whole hour, so that points are predictable.
  world.now += DAY - (world.now % DAY) + 12 * HOUR;
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [1] });
});

const series = (filter: Partial<SeriesFilter> = {}) => readSeries(env.DB, tenant, filter, world.now);

/** Commits one message and delivers it, after as many milliseconds. */
async function deliver(replies: Reply[] = [], tookMs = 20) {
  const left = [...replies];
  world.answer = () => {
    world.now += tookMs;
    return left.shift() ?? { kind: "accepted", httpStatus: 200, excerpt: null };
  };
  const { messages } = await world.commit(tenant, { messages: [event("a", 1)] });
  await world.runUntilIdle(tenant);
  return messages[0]?.id ?? "";
}

/** As many messages, without deliveries, from a sequence number on. */
async function insertMessages(count: number, first = 1) {
  await env.DB.prepare(`
    WITH RECURSIVE n(seq) AS (SELECT ?4 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?4 + ?2 - 1)
    INSERT INTO outbox_messages (id, tenant_id, nonce, event_type, payload, payload_bytes, committed_at)
    SELECT (SELECT number FROM outbox_tenants WHERE id = ?1) << 36 | seq, ?1, 'n', 'a', '1', 1, ?3 FROM n`)
    .bind(tenant, count, world.now, first)
    .run();
}

describe("a series", () => {
  test("tells the same whether outcomes are in the sums, or not yet, or partly", async () => {
    await deliver();
    await deliver([refused()]);
    await deliver([refused(), refused({ httpStatus: 429 })]);
    const replayed = await deliver();
    await world.ask((tools) => replayOne(tools, tenant, replayed, endpoint));
    await world.runUntilIdle(tenant);
    const before = await series();
    expect(before.points).toMatchObject([
      {
        committed: 4,
        delivered: 4,
        retried: 2,
        dead: 1,
        failures: { failed: 2, throttled: 1, refused: 0 },
        durationMs: { p50: 18, p99: 25 },
      },
    ]);

    await world.sumUp();
    const after = await series();
    expect(after.points).toEqual(before.points);

    await deliver();
    const { points } = await series({ step: "1d" });
    expect(points).toMatchObject([{ committed: 5, delivered: 5, retried: 2, dead: 1 }]);
    expect(before.complete && after.complete).toBe(true);
  });

  test("puts each outcome at its time, and leaves out what is empty", async () => {
    const from = world.now;
    await deliver();
    world.now = from + 12 * MINUTE;
    await deliver();
    await world.sumUp();
    world.now = from + 3 * HOUR;
    await deliver();

    const told = async (step: "5m" | "1h" | "1d") => {
      const { points } = await series({ step, since: from - (from % DAY) });
      return points.map(({ at, delivered }) => [(at - from) / MINUTE, delivered]);
    };
    expect(await told("5m")).toEqual([
      [0, 1],
      [10, 1],
      [180, 1],
    ]);
    expect(await told("1h")).toEqual([
      [0, 2],
      [180, 1],
    ]);
    expect(await told("1d")).toEqual([[-720, 3]]);
  });

  test("goes on when old sums are folded", async () => {
    await deliver();
    await deliver([refused()]);
    await world.sumUp();
    const since = world.now - HOUR;
    const told = async (now: number) => {
      const { points } = await readSeries(env.DB, tenant, { step: "1d", since }, now);
      return points;
    };
    const before = await told(world.now);
    world.now += 5 * DAY;
    await deliver();
    await world.sumUp();
    const [first] = await told(world.now);
    expect([first]).toEqual(before);
  });

  test("of an endpoint counts its outcomes alone, and no commits", async () => {
    const other = await world.createEndpoint(tenant);
    await deliver();
    expect((await series()).points).toMatchObject([{ committed: 1, delivered: 2 }]);
    for (const endpointId of [endpoint, other]) {
      expect((await series({ endpointId })).points).toMatchObject([{ committed: 0, delivered: 1 }]);
    }
    await world.sumUp();
    expect((await series({ endpointId: other })).points).toMatchObject([{ committed: 0, delivered: 1 }]);
    expect((await series({ endpointId: "ep_unknown" })).points).toEqual([]);
  });

  test("chooses the shortest step that makes at most 300 points, and refuses what reads too much", async () => {
    const stepOf = async (days: number) => (await series({ since: world.now - days * DAY })).step;
    expect([await stepOf(1), await stepOf(2), await stepOf(12), await stepOf(60)]).toEqual([
      "5m",
      "1h",
      "1h",
      "1d",
    ]);
    const refusedFor = (filter: Partial<SeriesFilter>) => failureOf(series(filter));
    expect(await refusedFor({ step: "5m", since: world.now - 4 * DAY })).toMatchObject({
      message: expect.stringContaining('step: is too short for this span; ask for "1h"'),
    });
    expect(await refusedFor({ since: world.now - 4000 * DAY })).toMatchObject({
      message: expect.stringContaining("since: reaches too far back"),
    });
    expect(await refusedFor({ since: world.now, until: world.now - 1 })).toMatchObject({
      message: expect.stringContaining("since: must not be later than until"),
    });
    const unknown = failureOf(readSeries(env.DB, "nobody", {}, world.now));
    expect(await unknown).toMatchObject({ message: expect.stringContaining("nobody") });
  });

  test("says when the newest outcomes are too many to be counted", async () => {
    await insertMessages(limits.unsummedCounted.brief + 1);
    const { db, bill } = countingDb(env.DB);
    expect((await readSeries(db, tenant, {}, world.now + 1)).complete).toBe(false);
    expect(bill.rowsRead).toBeLessThan(4 * limits.unsummedCounted.brief);
    await world.sumUp();
    expect(await series()).toMatchObject({ complete: true });
  });
});

test("a series of the deployment is that of all tenants, up to the latest summing up", async () => {
  const read = async () => {
    const { points, span } = await readDeploymentSeries(env.DB, { step: "1d" }, world.now + 1);
    const total = (field: "committed" | "delivered" | "retried") =>
      points.reduce((sum, point) => sum + point[field], 0);
    return { until: span.until, counts: [total("committed"), total("delivered"), total("retried")] };
  };
  // Other tests have summed up at later times.
  await env.DB.prepare("UPDATE outbox_sweep SET summed_at = 0").run();
  expect((await readDeploymentSeries(env.DB, {}, world.now)).points).toEqual([]);
  world.now += 10 * MINUTE;
  await world.sumUp();
  const before = await read();
  await deliver([refused()]);
  await world.sumUp();
  // In its own five minutes failures are summed up, and others may not be.
  expect((await read()).counts).toEqual(before.counts);

  world.now += 5 * MINUTE;
  await world.sumUp();
  const after = await read();
  expect(after.until - before.until).toBe(5 * MINUTE);
  expect(after.counts.map((count, n) => count - (before.counts[n] ?? 0))).toEqual([1, 1, 1]);
});

test("reads as many rows as there are sums, and few beside them", async () => {
  await env.DB.prepare(`
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 287)
    INSERT INTO outbox_sums (tenant_id, endpoint_id, step, at, delivered)
    SELECT ?1, 'ep_' || e.value, 300000, ?2 - 300000 * i, 1 FROM n, json_each('[1,2,3,4,5,6,7,8,9,10]') e`)
    .bind(tenant, world.now)
    .run();
  const { db, bill } = countingDb(env.DB);
  const { points } = await readSeries(db, tenant, {}, world.now + 1);
  expect(points).toHaveLength(288);
  expect(bill.rowsRead).toBeLessThan(2 * 2880 + 500);
  const one = countingDb(env.DB);
  await readSeries(one.db, tenant, { endpointId: "ep_1" }, world.now + 1);
  expect(one.bill.rowsRead).toBeLessThan(2 * 288 + 150);
});

describe.each([
  ["a week", 7, "1h"],
  ["30 days", 30, "1d"],
] as const)("of %s", (_, days, step) => {
  /** Sums of each of these endpoints: five minutes for three days, hours before them. */
  async function fill(endpoints: number) {
    const until = world.now - (world.now % HOUR);
    const all = Array.from({ length: endpoints }, (_, n) => `ep_${n}`).flatMap((endpointId) =>
      [
        { step: 5 * MINUTE, count: 3 * 288, end: until },
        { step: HOUR, count: (days - 3) * 24, end: until - 3 * DAY },
      ].map(({ step: length, count, end }) =>
        insertManySums({
          tenantId: tenant,
          endpointId,
          step: length,
          count,
          since: (end - count * length) / length - 1,
        }),
      ),
    );
    await env.DB.batch([...all, env.DB.prepare("UPDATE outbox_sweep SET summed_at = ?").bind(until)]);
    return until;
  }
  const read = async (filter: Partial<SeriesFilter> = {}) => {
    const { db, bill } = countingDb(env.DB);
    const since = world.now - days * DAY;
    const found = await readSeries(db, tenant, { since, ...filter }, world.now);
    const delivered = found.points.reduce((sum, point) => sum + point.delivered, 0);
    return { ...found, delivered, rows: bill.rowsRead };
  };

  test("it has every outcome, up to the latest summing up", async () => {
    const until = await fill(6);
    const { span, complete, delivered, rows, ...found } = await read();
    expect(found.step).toBe(step);
    expect({ until: span.until, complete }).toEqual({ until, complete: true });
    expect(delivered).toBe(6 * (3 * 288 + (days - 3) * 24));
    expect(rows).toBeLessThan(2 * delivered + 600);
  });

  test("it has what is not summed up yet, and ends before that if it is much", async () => {
    const until = await fill(1);
    await deliver();
    const summed = 3 * 288 + (days - 3) * 24;
    expect(await read()).toMatchObject({ complete: true, delivered: summed + 1 });
    await insertMessages(limits.unsummedCounted.long + 1, 2);
    const found = await read();
    expect(found).toMatchObject({ complete: true, delivered: summed, span: { until } });
    expect(found.rows).toBeLessThan(2 * summed + 2000);
  });

  test("of more sums than are read it has whole points, the newest, and says so", async () => {
    const until = await fill(40);
    const { span, complete, points, rows } = await read();
    expect(complete).toBe(false);
    expect(span.since).toBeGreaterThan(world.now - days * DAY);
    expect(points[0]?.at).toBe(span.since);
    const [oldest, next] = points;
    if (step === "1h") expect([oldest?.delivered, next?.delivered]).toEqual([40 * 12, 40 * 12]);
    expect(points.at(-1)?.at).toBeGreaterThanOrEqual(until - DAY);
    expect(rows).toBeLessThan(2 * limits.seriesSums + 3000);
    const one = await read({ endpointId: "ep_3" });
    expect(one).toMatchObject({ complete: true, delivered: 3 * 288 + (days - 3) * 24 });
  });
});

test("a series whose newest part alone reads too much is refused", async () => {
  const endpoints = JSON.stringify(Array.from({ length: 6000 }, (_, n) => n));
  await env.DB.prepare(`
    INSERT INTO outbox_sums (tenant_id, endpoint_id, step, at, delivered)
    SELECT ?1, 'ep_' || e.value, 300000, ?2 - 300000 * n.value, 1 FROM json_each(?3) e, json_each('[1,2]') n`)
    .bind(tenant, world.now, endpoints)
    .run();
  const { db, bill } = countingDb(env.DB);
  expect(await failureOf(readSeries(db, tenant, {}, world.now))).toMatchObject({
    message: expect.stringContaining("since: reads too much; ask for a shorter span, or for one endpointId"),
  });
  expect(bill.rowsRead).toBeLessThan(8 * limits.seriesSums);
  expect((await series({ endpointId: "ep_7" })).points).toHaveLength(2);
});

describe("a percentile", () => {
  const bounds = [10, 100, 1000];
  test.each([
    ["of nothing is null", [0, 0, 0, 0], 0.5, null],
    ["is interpolated within its class", [0, 10, 0, 0], 0.5, 55],
    ["of one entry is the end of its class", [1, 0, 0, 0], 1, 10],
    ["beyond the last bound is that bound", [0, 0, 0, 4], 0.99, 1000],
    ["falls into the class that its rank is in", [50, 49, 1, 0], 0.99, 100],
  ])("%s", (_, counts, share, expected) => {
    expect(percentile(counts, bounds, share)).toBe(expected);
  });
});
