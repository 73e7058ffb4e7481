import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endpointReplayInput, replayEndpoint } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { disableEndpoint, setEndpointPaused } from "../../src/registry/endpoint-changes.ts";
import { selectSchedule } from "../../src/relay/statements.ts";
import { Windows } from "../../src/relay/windows.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

async function backlog(endpointId: string, count: number, tenantId = tenant): Promise<void> {
  await env.DB.batch(
    backlogStatements({ tenantId, endpointId, count, at: world.now }).map((sql) => env.DB.prepare(sql)),
  );
}

async function update(set: string, where = "1"): Promise<void> {
  await env.DB.prepare(`UPDATE outbox_deliveries SET ${set} WHERE tenant_id = ?1 AND ${where}`)
    .bind(tenant)
    .run();
}

/** The same messages wait for each of them. */
async function backlogForAll([first = "", ...others]: readonly string[], count: number): Promise<void> {
  await backlog(first, count);
  for (const other of others) {
    await env.DB.prepare(
      `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, due_at)
       SELECT tenant_id, seq, ?2, payload_bytes, state, due_at FROM outbox_deliveries WHERE tenant_id = ?1 AND endpoint_id = ?3`,
    )
      .bind(tenant, other, first)
      .run();
  }
}

const settleLeased = () =>
  update(
    `state = 'delivered', due_at = NULL, lease_token = NULL, blocks = 0, settled_at = ${world.now}`,
    "state = 'leased'",
  );

const countLeased = () =>
  env.DB.prepare("SELECT count(*) AS count FROM outbox_deliveries WHERE tenant_id = ? AND state = 'leased'")
    .bind(tenant)
    .first<number>("count");

/** The relay rings once a second; no consumer comes. */
async function ringFor(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await world.onAlarm(tenant);
    world.now += 1000;
  }
}

describe("of one host no more is in flight than may be", () => {
  /** Each with a backlog of 200. */
  async function endpointsOfOneHost(count: number): Promise<string[]> {
    const endpoints: string[] = [];
    for (let n = 0; n < count; n++) {
      endpoints.push(await world.createEndpoint(tenant, { url: `https://busy.example.com/${n}` }));
    }
    await backlogForAll(endpoints, 200);
    return endpoints;
  }

  test("however many endpoints lead there, and all of it goes out in the end", async () => {
    await endpointsOfOneHost(5);
    await ringFor(3);
    expect(await countLeased()).toBe(limits.inFlightPerHost);
    let settled = 0;
    while (settled < 1000) {
      const leased = (await countLeased()) ?? 0;
      expect(leased).toBeGreaterThan(0);
      expect(leased).toBeLessThanOrEqual(limits.inFlightPerHost);
      settled += leased;
      await settleLeased();
      await ringFor(2);
    }
  });

  test("by pausing and disabling endpoints to let others claim meanwhile", async () => {
    const endpoints = await endpointsOfOneHost(6);
    await ringFor(1);
    expect(await countLeased()).toBe(limits.inFlightPerHost);
    for (const [n, id] of endpoints.slice(0, 3).entries()) {
      await world.ask((tools) =>
        n === 0 ? disableEndpoint(tools, tenant, id) : setEndpointPaused(tools, tenant, id, true),
      );
    }
    await ringFor(2);
    expect(await countLeased()).toBe(limits.inFlightPerHost);
  });

  test("and another host is served meanwhile", async () => {
    await endpointsOfOneHost(4);
    await ringFor(1);
    const other = await world.createEndpoint(tenant, { url: "https://other.example.com/" });
    await world.commit(tenant, { messages: [event("a", 1, { endpointIds: [other] })] });
    await ringFor(1);
    const leased = env.DB.prepare(
      "SELECT count(*) AS count FROM outbox_deliveries WHERE tenant_id = ? AND endpoint_id = ? AND state = 'leased'",
    );
    expect(await leased.bind(tenant, other).first<number>("count")).toBe(1);
  });
});

describe("of one endpoint no more is in flight than may be", () => {
  test("when thousands are replayed, and become due one after another while the first are under way", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await backlog(endpoint, 3000);
    await update(`state = 'dead', due_at = NULL, settled_at = ${world.now}`);
    const since = new Date(world.now - 1000).toISOString();
    await world.ask((tools) => replayEndpoint(tools, tenant, endpoint, endpointReplayInput.parse({ since })));
    await ringFor(10);
    expect(await countLeased()).toBeGreaterThan(limits.packDeliveries);
    expect(await countLeased()).toBeLessThanOrEqual(limits.inFlightPerEndpoint);
  });

  test("when many are due, and many more scheduled for before the first lease ends", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await backlog(endpoint, 3200);
    await update(`due_at = ${world.now} + 10000`, "seq > 2000");
    await ringFor(3);
    expect(await countLeased()).toBe(limits.inFlightPerEndpoint);
  });

  test("with ordering keys, whose runs are claimed whole", async () => {
    await world.createEndpoint(tenant);
    for (let n = 0; n < 6; n++) {
      const messages = Array.from({ length: 100 }, (_, i) => event("a", n, { orderingKey: `k${i % 30}` }));
      await world.commit(tenant, { messages });
    }
    await ringFor(3);
    expect(await countLeased()).toBe(limits.inFlightPerEndpoint);
  });

  test("and what a lease that ended leaves behind is claimed again, no more of it than may be", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await backlog(endpoint, 1000);
    await world.onAlarm(tenant);
    world.now += world.leaseMs;
    world.queued.length = 0;
    await ringFor(3);
    expect(world.queued.flatMap(({ body }) => body.seqs)).toHaveLength(limits.inFlightPerEndpoint);
  });
});

describe("a look at the schedule reads a few rows of each endpoint", () => {
  const ENDPOINTS = 10;
  const WAITING = 200;

  async function rowsRead(): Promise<number> {
    const { db, bill } = countingDb(env.DB);
    await selectSchedule(db, tenant, { now: world.now, countedTo: new Windows().countedTo }).all();
    return bill.rowsRead;
  }

  /** As many messages as can wait for all of them, each delivery of it due at an instant. */
  async function many(dueAt: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < ENDPOINTS; n++) ids.push(await world.createEndpoint(tenant));
    const [messages = "", deliveries = ""] = backlogStatements({
      tenantId: tenant,
      endpointId: "?",
      count: WAITING,
      at: dueAt,
    });
    const forEach = ids.map((id) => deliveries.replace("'?'", `'${id}'`));
    await env.DB.batch([messages, ...forEach].map((sql) => env.DB.prepare(sql)));
    return ids;
  }

  test.each([
    ["is scheduled for later", 60_000],
    ["is due", 0],
  ])("when everything %s", async (_, aheadMs) => {
    await many(world.now + aheadMs);
    expect(await rowsRead()).toBeLessThan(ENDPOINTS * 15);
  });

  test.each(["paused", "disabled", "held"])("when all of them are %s, with backlogs", async (how) => {
    for (const id of await many(world.now)) {
      if (how === "paused") await setEndpointPaused(world.registryTools(), tenant, id, true);
      else if (how === "disabled") await disableEndpoint(world.registryTools(), tenant, id);
    }
    if (how === "held")
      await env.DB.prepare("UPDATE outbox_endpoints SET held_until = ?2 WHERE tenant_id = ?1")
        .bind(tenant, world.now + 60_000)
        .run();
    expect(await rowsRead()).toBeLessThan(ENDPOINTS * 15);
  });

  test("when as much is in flight as may be: it counts that, and no further", async () => {
    await many(world.now);
    await ringFor(1);
    const rows = await rowsRead();
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(ENDPOINTS * (limits.inFlightPerEndpoint + 15));
  });

  test("when more waits behind blocked keys than is due", async () => {
    for (let n = 0; n < 5; n++) {
      const messages = Array.from({ length: 100 }, (_, i) => event("a", n, { orderingKey: `k${i}` }));
      await world.createEndpoint(tenant);
      await world.commit(tenant, { messages });
    }
    expect(await rowsRead()).toBeLessThan(5 * 15);
  });
});

test("every other probe of an endpoint whose breaker was open is the latest due, and costs no look at the rest", async () => {
  const endpoint = await world.createEndpoint(tenant);
  await backlog(endpoint, 2000);
  await env.DB.prepare("UPDATE outbox_endpoints SET held_until = 1, holds = 2 WHERE tenant_id = ? AND id = ?")
    .bind(tenant, endpoint)
    .run();
  const { db, bill } = countingDb(env.DB);
  await world.onAlarm(tenant, { step: (_, act) => act(), db: () => db });
  expect(world.queued.map(({ body }) => body.seqs)).toEqual([[2000]]);
  expect(bill.rowsRead).toBeLessThan(60);
});
