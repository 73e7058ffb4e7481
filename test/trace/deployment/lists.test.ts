import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { temporary } from "../../../src/channels/channel.ts";
import type { Page } from "../../../src/domain/page.ts";
import { event } from "../../../src/outbox/message.ts";
import { deploymentLimits } from "../../../src/platform/deployment-limits.ts";
import { limits } from "../../../src/platform/limits.ts";
import { deleteTenant } from "../../../src/registry/tenants.ts";
import { groupDeadLetters } from "../../../src/trace/dead-letter-groups.ts";
import { listDeadLetters } from "../../../src/trace/dead-letters.ts";
import type { DeadLetterCursor } from "../../../src/trace/deployment/dead-letter-statements.ts";
import {
  type DeadLetterOfTenant,
  groupDeadLettersOfAll,
  listDeadLettersOfAll,
} from "../../../src/trace/deployment/dead-letters.ts";
import {
  type FailingCursor,
  type FailingEndpoint,
  listFailingEndpoints,
} from "../../../src/trace/deployment/failing-endpoints.ts";
import { emptyDatabase } from "../../support/database/empty-database.ts";
import { refused } from "../../support/outside/replies.ts";
import { World } from "../../support/world.ts";

let world: World;

beforeEach(async () => {
  await emptyDatabase();
  world = new World(env.DB);
});

/** A tenant whose messages died with these statuses. */
async function withDead(...statuses: number[]): Promise<string> {
  const tenant = await world.createTenant();
  await env.DB.prepare("UPDATE outbox_tenants SET name = 'The ' || id WHERE id = ?").bind(tenant).run();
  await world.createEndpoint(tenant, { retrySchedule: [] });
  world.answer = ({ payload }) => temporary("http_status", { httpStatus: Number(JSON.parse(payload)) });
  await world.commit(tenant, { messages: statuses.map((status) => event("a", status)) });
  await world.runUntilIdle(tenant);
  return tenant;
}

/** All entries of a list of dead letters. */
const allDeadLetters = (limit: number) =>
  all<DeadLetterOfTenant, DeadLetterCursor>((after) => listDeadLettersOfAll(env.DB, { limit, after }));

/** All entries, page after page. */
async function all<Entry, Cursor>(
  read: (after: Cursor | undefined) => Promise<Page<Entry, Cursor>>,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let after: Cursor | undefined;
  do {
    const page = await read(after);
    entries.push(...page.entries);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return entries;
}

describe("the dead letters of all tenants", () => {
  test("are those of each tenant, by tenant and newest first, each once; a deleted tenant's are not there", async () => {
    const tenants = [await withDead(500, 503, 500), await withDead(404), await withDead(500, 500)];
    const deleted = await withDead(500, 500, 500);
    await world.ask((tools) => deleteTenant(tools, deleted));
    const expected: unknown[] = [];
    for (const tenantId of tenants.toSorted().toReversed()) {
      const { entries } = await listDeadLetters(env.DB, tenantId, { limit: 100 });
      expected.push(...entries.map((one) => ({ ...one, tenantId, tenantName: `The ${tenantId}` })));
    }
    expect(expected).toHaveLength(6);
    for (const limit of [1, 2, 4, 100]) {
      expect(await allDeadLetters(limit)).toEqual(expected);
    }
  });

  test("are looked through within a bound: a deleted tenant's many make a page without an entry", async () => {
    const tenant = await withDead(500);
    const deleted = await withDead(...Array(deploymentLimits.deadLookedPerShown + 1).fill(500));
    await world.ask((tools) => deleteTenant(tools, deleted));
    await env.DB.batch([
      env.DB.prepare("UPDATE outbox_deliveries SET tenant_id = 'zzz' WHERE tenant_id = ?").bind(deleted),
      env.DB.prepare("UPDATE outbox_endpoints SET tenant_id = 'zzz' WHERE tenant_id = ?").bind(deleted),
      env.DB.prepare("UPDATE outbox_tenants SET id = 'zzz' WHERE id = ?").bind(deleted),
    ]);
    const first = await listDeadLettersOfAll(env.DB, { limit: 1 });
    expect(first).toMatchObject({ entries: [], next: { tenantId: "zzz" } });
    const entries = await allDeadLetters(1);
    expect(entries.map(({ tenantId }) => tenantId)).toEqual([tenant]);
  });

  test("are grouped as each tenant's are", async () => {
    const tenants = [await withDead(500, 503, 500), await withDead(500, 500, 500, 404)];
    const deleted = await withDead(500);
    await world.ask((tools) => deleteTenant(tools, deleted));
    const found = await groupDeadLettersOfAll(env.DB, undefined);
    expect(found).toMatchObject({ complete: true, next: null });
    expect(found.groups.map(({ count }) => count)).toEqual([3, 2, 1, 1]);
    for (const tenantId of tenants) {
      const { groups } = await groupDeadLetters(env.DB, tenantId, {});
      const own = found.groups.filter((one) => one.tenantId === tenantId);
      expect(own).toEqual(groups.map((group) => ({ ...group, tenantId, tenantName: `The ${tenantId}` })));
    }
  });

  test("are grouped as far as the bound, and then further", async () => {
    const tenant = await withDead(500);
    const count = deploymentLimits.deadGrouped + 1;
    await env.DB.batch([
      env.DB.prepare(`
        WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n <= ${count})
        INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, committed_at)
        SELECT m.tenant_id, m.id - 1 + n, 1, m.nonce, 'a', '1', m.committed_at FROM outbox_messages m CROSS JOIN n`),
      env.DB.prepare(`
        INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, payload_bytes, state, settled_at, http_status)
        SELECT d.tenant_id, m.seq, d.endpoint_id, 1, 'dead', d.settled_at, m.seq % 150
        FROM outbox_messages m CROSS JOIN outbox_deliveries d WHERE m.seq > 1 AND d.seq = 1`),
    ]);
    const first = await groupDeadLettersOfAll(env.DB, undefined);
    expect([first.groups.length, first.complete]).toEqual([limits.groupsShown, false]);
    expect(first.next).toMatchObject({ tenantId: tenant, seq: 3 });
    const second = await groupDeadLettersOfAll(env.DB, first.next ?? undefined);
    expect(second.groups.map((group) => group.count)).toEqual([1, 1]);
    expect(second).toMatchObject({ complete: true, next: null });
  });
});

describe("the failing endpoints of all tenants", () => {
  const listed = (limit = 100) =>
    all<FailingEndpoint, FailingCursor>((after) =>
      listFailingEndpoints(
        env.DB,
        { limit, after },
        { disableAfterMs: world.disableAfterMs, now: world.now },
      ),
    );

  test("tell their target, their state, and how much of their budget is used up", async () => {
    const tenant = await world.createTenant();
    const failing = await world.createEndpoint(tenant);
    world.answer = () => refused();
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    await world.consume();
    const since = world.now;
    world.now += world.disableAfterMs * 0.4;
    expect(await listed()).toEqual([
      {
        tenantId: tenant,
        tenantName: null,
        endpointId: failing,
        channel: "webhook",
        target: expect.stringContaining("https://"),
        description: null,
        state: "enabled",
        stateReason: null,
        failingSince: since,
        failedAt: since,
        heldUntil: null,
        updatedAt: expect.any(Number),
        budget: { usedPercent: 40, endsAt: since + world.disableAfterMs },
      },
    ]);
    world.now = since + world.disableAfterMs;
    expect((await listed())[0]?.budget?.usedPercent).toBe(100);
  });

  test("are there from their first failure on until they do well, and once they were disabled for it", async () => {
    const tenant = await world.createTenant();
    const endpoint = await world.createEndpoint(tenant, { retrySchedule: [60, 60] });
    const turn = async () => {
      world.now = Math.max(world.now, world.alarms.get(tenant) ?? 0);
      await world.onAlarm(tenant);
      await world.consume();
      return (await listed()).map(({ endpointId, state, stateReason }) => [endpointId, state, stateReason]);
    };
    const failing = [endpoint, "enabled", null];
    world.disableAfterMs = 90_000;
    await world.commit(tenant, { messages: [event("a", 1)] });
    world.answer = () => refused();
    expect(await turn()).toEqual([failing]);
    expect(await turn()).toEqual([failing]);
    world.answer = () => ({ kind: "accepted", httpStatus: 200, excerpt: "" });
    expect(await turn()).toEqual([]);
    world.answer = () => refused();
    await world.commit(tenant, { messages: [event("a", 1)] });
    expect(await turn()).toEqual([failing]);
    await world.runUntilIdle(tenant);
    expect(await listed()).toMatchObject([
      { endpointId: endpoint, state: "disabled", stateReason: "failing" },
    ]);
    expect((await listed())[0]?.budget).toBeNull();
  });

  test("are on pages, each once: the disabled ones first, then by tenant", async () => {
    const ids: string[] = [];
    for (const state of ["disabled", "enabled"]) {
      for (const tenant of ["a", "b"]) {
        for (const id of ["ep_1", "ep_2", "ep_3"]) {
          await env.DB.prepare(
            `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, state_reason, failing_since, created_at, updated_at)
             VALUES (?1, ?2, 'webhook', '', ?3, iif(?3 = 'disabled', 'gone', NULL), 1, 1, 1)`,
          )
            .bind(tenant, `${id}_${state}`, state)
            .run();
          ids.push(`${tenant} ${id}_${state}`);
        }
      }
    }
    await env.DB.prepare(
      "INSERT INTO outbox_tenants (id, state, created_at) VALUES ('a', 'active', 1), ('b', 'active', 1)",
    ).run();
    for (const limit of [1, 4, 100]) {
      expect((await listed(limit)).map(({ tenantId, endpointId }) => `${tenantId} ${endpointId}`)).toEqual(
        ids,
      );
    }
  });
});
