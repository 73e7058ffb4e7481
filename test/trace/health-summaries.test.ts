import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { readHealthSummaries } from "../../src/trace/health-summaries.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { insertMany } from "../support/database/many.ts";
import { DAY, FIVE_MINUTES, HOUR, insertManySums } from "../support/database/sums.ts";
import { refused } from "../support/outside/replies.ts";
import { World } from "../support/world.ts";

const disableAfterMs = 5 * DAY;

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const summaries = (ids: readonly string[], db = env.DB as never) =>
  readHealthSummaries({ db, disableAfterMs }, tenant, ids, world.now);

test("each endpoint has its own figures, before they are summed up and after", async () => {
  const well = await world.createEndpoint(tenant, { eventTypes: ["well"] });
  const failing = await world.createEndpoint(tenant, { eventTypes: ["failing"] });
  const idle = await world.createEndpoint(tenant, { eventTypes: ["idle"] });
  const { answer } = world;
  world.answer = (dispatch) => (dispatch.endpoint.id === failing ? refused() : answer(dispatch));
  const since = world.now;
  const messages = [event("well", 1), event("well", 2), event("well", 3), event("failing", 4)];
  await world.commit(tenant, { messages });
  await world.onAlarm(tenant);
  await world.consume();
  const expected = async () => {
    const found = await summaries([well, failing, idle]);
    expect(found.get(well)).toMatchObject({
      state: "enabled",
      breaker: { state: "closed", until: null },
      failing: null,
      waiting: { count: 0, capped: false },
      lastDay: { delivered: 3, retried: 0, dead: 0 },
      hours: [{ at: since - (since % HOUR), delivered: 3, failed: 0 }],
    });
    expect(found.get(failing)).toMatchObject({
      failing: { since, usedPercent: 0, disabledAt: since + disableAfterMs },
      waiting: { count: 1, capped: false },
      lastDay: { delivered: 0, retried: 1, failures: { failed: 1 } },
      hours: [{ delivered: 0, failed: 1 }],
    });
    expect(found.get(idle)).toMatchObject({ failing: null, lastDay: { delivered: 0 }, hours: [] });
  };
  await expected();
  await world.sumUp();
  await expected();
});

test("outcomes of more than a day ago are left out, and those of a day stand by the hour", async () => {
  const endpoint = await world.createEndpoint(tenant);
  world.now = 100 * DAY;
  const first = (world.now - DAY) / FIVE_MINUTES;
  const sums = { tenantId: tenant, endpointId: endpoint, step: FIVE_MINUTES, count: 300 };
  await insertManySums({ ...sums, since: first - 13 }).run();
  const summary = (await summaries([endpoint])).get(endpoint);
  expect(summary?.lastDay.delivered).toBe(288);
  expect(summary?.hours).toHaveLength(24);
  expect(summary?.hours[0]).toEqual({ at: world.now - DAY, delivered: 12, failed: 0 });
});

test("a page of endpoints with a day of sums and a backlog of 100,000 reads less than 25,000 rows, in one round trip", async () => {
  for (const sql of insertMany(tenant, 101_000, 100_000)) await env.DB.prepare(sql).run();
  const ids = ["ep_a", "ep_rare"];
  while (ids.length < limits.healthPageSize) ids.push(await world.createEndpoint(tenant));
  world.now = 100 * DAY;
  const since = (world.now - DAY) / FIVE_MINUTES - 1;
  for (const endpointId of ids) {
    const sums = { tenantId: tenant, endpointId, step: FIVE_MINUTES, count: 288, since };
    await insertManySums(sums).run();
  }
  const { db, bill } = countingDb(env.DB);
  const found = await summaries(ids, db as never);
  expect(found.get("ep_a")).toMatchObject({
    waiting: { count: limits.waitingSummed, capped: true },
    lastDay: { delivered: 288 },
  });
  expect(found.size).toBe(ids.length);
  expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: 0 });
  expect(bill.rowsRead).toBeLessThan(25_000);
});
