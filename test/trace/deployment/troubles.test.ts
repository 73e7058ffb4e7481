import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { presentOverview } from "../../../src/api/deployment/present-overview.ts";
import { presentHealth } from "../../../src/api/health/answers.ts";
import { permanent } from "../../../src/channels/channel.ts";
import { dismissDeadLetters } from "../../../src/interventions/dismiss.ts";
import { deadLetterInput } from "../../../src/interventions/settled.ts";
import { event } from "../../../src/outbox/message.ts";
import { deploymentLimits } from "../../../src/platform/deployment-limits.ts";
import { limits } from "../../../src/platform/limits.ts";
import { disableEndpoint, enableEndpoint, setEndpointPaused } from "../../../src/registry/endpoints.ts";
import { deleteTenant, setTenantPaused } from "../../../src/registry/tenants.ts";
import { countDeployment } from "../../../src/trace/deployment/overview.ts";
import { readDeploymentOutcomes } from "../../../src/trace/deployment/series.ts";
import { listTroubles } from "../../../src/trace/deployment/troubles.ts";
import { KnownReport } from "../../../src/upkeep/report.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { checkInvariants } from "../../support/database/invariants.ts";
import { refused } from "../../support/outside/replies.ts";
import { ACCEPTED, World } from "../../support/world.ts";

let world: World;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
});

const reportNow = () => new KnownReport().read(env.DB, world.now);
const troubles = async () => {
  const { lateTenants, overdue } = await reportNow();
  return listTroubles(env.DB, lateTenants, overdue <= lateTenants.length);
};
const kindsNow = async () =>
  (await troubles()).tenants.map(({ tenantId, troubles: all }) => [
    tenantId,
    ...all.map((one) => one.trouble),
  ]);
const overview = async () => {
  const report = await reportNow();
  const counts = await countDeployment(env.DB, report.lateTenants, report.overdue);
  const outcomes = await readDeploymentOutcomes(env.DB);
  return presentOverview(counts, outcomes, presentHealth(report, 1e10, world.now));
};

async function commit(tenant: string, count: number, orderingKey: string | null = null) {
  const messages = Array.from({ length: count }, (_, n) => event("a", n, { orderingKey }));
  await world.commit(tenant, { messages });
}

/** One attempt of each due delivery. */
async function attempt(tenant: string) {
  await world.onAlarm(tenant);
  await world.consume();
}

/** A tenant with a dead letter, whose endpoint does well otherwise. */
async function withDeadLetter(count = 1): Promise<string> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  world.answer = () => permanent("target_refused", "no");
  await commit(tenant, count);
  await attempt(tenant);
  world.answer = () => ACCEPTED;
  await commit(tenant, 1);
  await attempt(tenant);
  return tenant;
}

async function withBlockedKeys(): Promise<string> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant, { order: "strict" });
  world.answer = () => permanent("target_refused", "no");
  await commit(tenant, 2, "k1");
  await commit(tenant, 1, "k2");
  await attempt(tenant);
  world.answer = () => ACCEPTED;
  await commit(tenant, 1);
  await attempt(tenant);
  return tenant;
}

async function withFailures(count: number): Promise<string> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  world.answer = () => refused();
  await commit(tenant, count);
  await attempt(tenant);
  return tenant;
}

/** The cron has told of complaints about the tenant's e-mails. */
async function withComplaints(tenant: string, agoMs = 0): Promise<void> {
  await world.sweep();
  await env.DB.prepare(
    "UPDATE outbox_tenants SET complaints_told = 'grave', complaints_told_at = ? WHERE id = ?",
  )
    .bind(world.now - agoMs, tenant)
    .run();
}

async function withGone(): Promise<string> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  world.answer = () => ({ kind: "gone", httpStatus: 410, excerpt: "", error: "http_status" }) as never;
  await commit(tenant, 1);
  await attempt(tenant);
  return tenant;
}

describe("tenants with trouble", () => {
  test("are named with what is wrong, and since when: the worst trouble first, among equal ones the oldest", async () => {
    const dead = await withDeadLetter(3);
    const failing = await withFailures(1);
    const failingSince = world.now;
    world.now += 1000;
    const failingLater = await withFailures(1);
    const held = await withFailures(limits.breakerAttempts);
    const disabled = await withGone();
    const disabledAt = world.now;
    const blocked = await withBlockedKeys();
    const well = await world.createTenant();
    await world.createEndpoint(well);
    await commit(well, 1);
    await attempt(well);

    const found = await troubles();
    expect(found.complete).toBe(true);
    expect(found.tenants.map(({ tenantId, troubles: all }) => [tenantId, all])).toEqual([
      [
        blocked,
        [
          { trouble: "blockedKeys", count: 2, capped: false, since: disabledAt },
          { trouble: "deadLetters", count: 2, capped: false, since: disabledAt },
        ],
      ],
      [
        disabled,
        [{ trouble: "disabledEndpoints", count: 1, capped: false, since: disabledAt }, expect.anything()],
      ],
      [held, [{ trouble: "heldEndpoints", count: 1, capped: false, since: failingSince + 1000 }]],
      [failing, [{ trouble: "failingEndpoints", count: 1, capped: false, since: failingSince }]],
      [failingLater, [{ trouble: "failingEndpoints", count: 1, capped: false, since: failingSince + 1000 }]],
      [dead, [{ trouble: "deadLetters", count: 3, capped: false, since: failingSince }]],
    ]);
    expect(found.tenants[0]).toMatchObject({ tenantName: null, tenantState: "active" });
    for (const tenant of [dead, failing, held, disabled, blocked]) await checkInvariants(env.DB, tenant);
  });

  test("are late by the sweep's rule, and as of its latest run", async () => {
    const tenant = await world.createTenant();
    await world.createEndpoint(tenant);
    await commit(tenant, 1);
    const dueAt = world.now;
    world.now += limits.lateMs;
    await world.sweep();
    expect(await kindsNow()).toEqual([]);
    world.now += 1;
    await world.sweep();
    expect((await troubles()).tenants).toMatchObject([
      { tenantId: tenant, troubles: [{ trouble: "late", count: null, capped: false, since: dueAt }] },
    ]);
    expect(await overview()).toMatchObject({
      status: "trouble",
      reasons: ["late"],
      troubled: { any: { count: 1 }, late: { count: 1, capped: false } },
    });
    await world.runUntilIdle(tenant);
    await world.sweep();
    expect(await kindsNow()).toEqual([]);
    expect(await overview()).toMatchObject({ status: "ok", reasons: [] });
  });

  test("the sweep keeps the longest late, and says so when there are more", async () => {
    const count = limits.lateTenantsKept + 2;
    const tenants: string[] = [];
    for (let n = 0; n < count; n++) {
      const tenant = await world.createTenant();
      tenants.push(tenant);
      await world.createEndpoint(tenant);
      await commit(tenant, 1);
      world.now += 1;
    }
    world.now += limits.lateMs;
    await world.sweep();
    const { lateTenants, overdue } = await reportNow();
    expect(lateTenants.map(({ tenantId }) => tenantId)).toEqual(tenants.slice(0, limits.lateTenantsKept));
    expect(overdue).toBe(count);
    const found = await troubles();
    expect([found.tenants.length, found.complete]).toEqual([deploymentLimits.troubledShown, false]);
    expect((await overview()).troubled).toMatchObject({
      any: { count: limits.lateTenantsKept, capped: true },
      late: { count, capped: false },
    });
  });

  test("are those that need somebody: not one that was repaired, deleted, or whose endpoint a person has stopped", async () => {
    const replayed = await withDeadLetter();
    const paused = await withFailures(1);
    const stopped = await withFailures(1);
    const gone = await withGone();
    const deleted = await withBlockedKeys();
    expect((await kindsNow()).map(([tenant]) => tenant).toSorted()).toEqual(
      [replayed, paused, stopped, gone, deleted].toSorted(),
    );
    const endpointOf = async (tenant: string) =>
      (await env.DB.prepare("SELECT id FROM outbox_endpoints WHERE tenant_id = ? AND id <> 'ep_email'")
        .bind(tenant)
        .first<string>("id")) ?? "";
    await world.ask((tools) => dismissDeadLetters(tools, replayed, deadLetterInput.parse({})));
    await world.ask(async (tools) => setEndpointPaused(tools, paused, await endpointOf(paused), true));
    await world.ask(async (tools) => disableEndpoint(tools, stopped, await endpointOf(stopped)));
    await world.ask(async (tools) => enableEndpoint(tools, gone, await endpointOf(gone)));
    await world.ask((tools) => dismissDeadLetters(tools, gone, deadLetterInput.parse({})));
    await world.ask((tools) => deleteTenant(tools, deleted));
    expect(await kindsNow()).toEqual([]);
    expect(await overview()).toMatchObject({
      status: "ok",
      deadLetters: { count: 0 },
      blockedKeys: { count: 0 },
      endpoints: { failing: { count: 0 }, held: { count: 0 }, disabled: { count: 0 } },
    });
  });

  test("have their endpoints counted up to a limit, those that are disabled apart from the others", async () => {
    const tenant = await world.createTenant();
    const { endpoints: most } = deploymentLimits.troubleCounted;
    const insert = (state: string, count: number) =>
      env.DB.prepare(`
        WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?3)
        INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, state_reason, failing_since, created_at, updated_at)
        SELECT ?1, 'ep_' || ?2 || n, 'webhook', 'u', ?2, iif(?2 = 'disabled', 'failing', NULL), 5, 1, 7 FROM n`)
        .bind(tenant, state, count)
        .run();
    await insert("disabled", most - 1);
    await insert("enabled", most + 1);
    expect((await troubles()).tenants[0]?.troubles).toEqual([
      { trouble: "disabledEndpoints", count: most - 1, capped: false, since: 7 },
      { trouble: "failingEndpoints", count: most, capped: true, since: 5 },
    ]);
  });

  test("are found behind a hundred deleted ones with dead letters", async () => {
    const tenant = await withDeadLetter();
    const numbers = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${deploymentLimits.troubledShown + 2})`;
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO outbox_tenants (id, state, created_at) ${numbers} SELECT 'a' || n, 'deleted', 1 FROM n`,
      ),
      env.DB.prepare(`
        INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, settled_at)
        SELECT id, 1, 'ep_1', 1, 'dead', 1 FROM outbox_tenants WHERE state = 'deleted'`),
    ]);
    expect((await troubles()).tenants.map(({ tenantId }) => tenantId)).toEqual([tenant]);
    expect((await troubles()).complete).toBe(true);
  });
});

test("too many complaints are a trouble for a day after the cron has told of them, between the others", async () => {
  const [tenant, former] = [await withBlockedKeys(), await world.createTenant()];
  await withComplaints(tenant, 1000);
  await withComplaints(former, limits.warnings.complaints.quietMs);
  await env.DB.prepare(
    "UPDATE outbox_endpoints SET state = 'disabled', state_reason = 'gone' WHERE tenant_id = ?",
  )
    .bind(tenant)
    .run();
  expect(await kindsNow()).toEqual([
    [tenant, "blockedKeys", "complaints", "disabledEndpoints", "deadLetters"],
  ]);
  const [found] = (await troubles()).tenants;
  expect(found?.troubles[1]).toEqual({
    ...{ trouble: "complaints", count: null, capped: false },
    since: world.now - 1000,
  });
});

describe("the overview", () => {
  test("counts tenants by state and by trouble, and what they have of it", async () => {
    await withDeadLetter(3);
    await withBlockedKeys();
    await withFailures(1);
    await withFailures(limits.breakerAttempts);
    const paused = await withGone();
    await world.ask((tools) => setTenantPaused(tools, paused, true));
    const deleted = await world.createTenant();
    await withComplaints(deleted);
    await world.ask((tools) => deleteTenant(tools, deleted));
    await withComplaints(paused);
    const one = { count: 1, capped: false };
    expect(await overview()).toMatchObject({
      status: "trouble",
      reasons: ["blockedKeys", "complaints", "disabledEndpoints", "heldEndpoints", "deadLetters"],
      tenants: { active: { count: 4, capped: false }, paused: one, deleted: one },
      troubled: {
        any: { count: 5, capped: false },
        late: { count: 0, capped: false },
        blockedKeys: one,
        complaints: one,
        disabledEndpoints: one,
        failingEndpoints: { count: 2, capped: false },
        deadLetters: { count: 3, capped: false },
      },
      deadLetters: { count: 6, capped: false },
      blockedKeys: { count: 2, capped: false },
      endpoints: { failing: one, held: one, disabled: one },
      health: { status: "ok" },
    });
  });

  test("tells the troubles of the cron and of the storage first", async () => {
    await withDeadLetter();
    await world.sweep();
    world.now += limits.sweepMissedMs + 1;
    expect(await overview()).toMatchObject({ status: "trouble", reasons: ["unwatched", "deadLetters"] });
  });
});
