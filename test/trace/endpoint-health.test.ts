import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { setEndpointPaused } from "../../src/registry/endpoints.ts";
import { readEndpointHealth } from "../../src/trace/endpoint-health.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { insertMany } from "../support/database/many.ts";
import { refused } from "../support/outside/replies.ts";
import { failureOf } from "../support/runner/failure-of.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 60 * 60 * 1000;
const disableAfterMs = 5 * DAY;
const NONE = { count: 0, capped: false };

let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant);
});

const health = (db = env.DB as never) =>
  readEndpointHealth({ db, disableAfterMs }, tenant, endpoint, world.now);

async function commit(count: number, options: { deliverAt?: string; orderingKey?: string } = {}) {
  const messages = Array.from({ length: count }, (_, n) => event("a", n, options));
  await world.commit(tenant, { messages });
}

test("an endpoint that does well", async () => {
  await commit(3);
  await world.runUntilIdle(tenant);
  expect(await health()).toMatchObject({
    state: "enabled",
    breaker: { state: "closed", until: null, holds: 0, attempts: 0, failures: 0 },
    failing: null,
    waiting: { due: NONE, later: NONE, underWay: NONE, behind: NONE, oldestLateAt: null },
    lastHour: { delivered: 3, retried: 0, dead: 0 },
    lastDay: { delivered: 3, retried: 0, dead: 0 },
  });
});

test("an endpoint that fails: its run of failures, its budget, its breaker from open to half open, and what waits", async () => {
  world.answer = () => refused();
  const failingSince = world.now;
  await commit(20);
  await world.onAlarm(tenant);
  await world.consume();
  const first = await health();
  expect(first).toMatchObject({
    breaker: { state: "open", holds: 1 },
    failing: { since: failingSince, usedPercent: 0, disabledAt: failingSince + disableAfterMs },
    waiting: { due: NONE, oldestLateAt: null },
    lastHour: { delivered: 0, failures: { failed: first.lastHour.retried } },
  });
  expect(first.waiting.later.count + first.waiting.due.count).toBe(20);

  world.now = failingSince + disableAfterMs / 2;
  expect(await health()).toMatchObject({
    breaker: { state: "halfOpen", attempts: 0 },
    failing: { usedPercent: 50 },
    waiting: { due: { count: 20 } },
    lastHour: { retried: 0 },
  });
});

test("what waits is told apart, and is not late while it is held on purpose", async () => {
  await commit(2);
  await commit(3, { deliverAt: new Date(world.now + DAY).toISOString() });
  await commit(4, { orderingKey: "k" });
  world.now += 60_000;
  const late = await health();
  expect(late.waiting).toMatchObject({ due: { count: 3 }, later: { count: 3 }, behind: { count: 3 } });
  expect(late.waiting.oldestLateAt).toBe(world.now - 60_000);
  await world.onAlarm(tenant);
  expect((await health()).waiting).toMatchObject({ due: NONE, oldestLateAt: null });
  expect((await health()).waiting.underWay.count).toBeGreaterThan(2);

  await world.ask((tools) => setEndpointPaused(tools, tenant, endpoint, true));
  expect(await health()).toMatchObject({
    state: "paused",
    stateReason: "by_request",
    waiting: { oldestLateAt: null },
  });
});

test("an unknown endpoint, and one of an unknown tenant", async () => {
  const of = (tenantId: string, id: string) =>
    failureOf(readEndpointHealth({ db: env.DB, disableAfterMs }, tenantId, id, world.now));
  expect(await of(tenant, "ep_unknown")).toMatchObject({ failure: { code: "endpoint_not_found" } });
  expect(await of("nobody", endpoint)).toMatchObject({ failure: { code: "tenant_not_found" } });
});

test("a backlog of 100,000 is counted to 1,000 of each kind, and the rows read are as few", async () => {
  for (const sql of insertMany(tenant, 101_000, 100_000)) await env.DB.prepare(sql).run();
  const { results } = await env.DB.prepare(
    "SELECT endpoint_id FROM outbox_deliveries WHERE tenant_id = ? GROUP BY endpoint_id ORDER BY count(*) DESC LIMIT 1",
  )
    .bind(tenant)
    .all<{ endpoint_id: string }>();
  endpoint = results[0]?.endpoint_id ?? "";
  const { db, bill } = countingDb(env.DB);
  const { waiting } = await health(db as never);
  expect(waiting.due).toEqual({ count: limits.waitingCounted, capped: true });
  expect(bill.rowsRead).toBeLessThan(4 * limits.waitingCounted + 6 * limits.unsummedCounted.brief);
});
