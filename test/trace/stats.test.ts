import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import type { EventStatus } from "../../src/domain/email-status.ts";
import type { ProviderEvent } from "../../src/email-events/provider-event.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { email, event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { disableEndpoint, setEndpointPaused } from "../../src/registry/endpoints.ts";
import { setTenantPaused } from "../../src/registry/tenants.ts";
import { readNow } from "../../src/trace/now.ts";
import { readStats } from "../../src/trace/stats.ts";
import { sumUp } from "../../src/upkeep/sum-statements.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { insertManySums } from "../support/database/sums.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { ACCEPTED, World } from "../support/world.ts";

const HOUR = 3600_000;
const refusal = temporary("http_status", { httpStatus: 503, excerpt: "down" });
const exactly = (count: number) => ({ count, capped: false });
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

const stats = (given = {}) => readStats(env.DB, tenant, given, world.now);
const keyed = (n: number, orderingKey: string) => event("a", n, { orderingKey });

describe("the statistics", () => {
  test("of a new tenant are all zero", async () => {
    expect(await stats()).toEqual({
      at: world.now,
      span: { since: world.now - 24 * HOUR, until: world.now },
      messages: { total: 0, purged: 0, inSpan: 0 },
      deliveries: {
        complete: true,
        counted: 0,
        states: { pending: 0, leased: 0, delivered: 0, dead: 0, cancelled: 0 },
        attempts: 0,
        deliveredAtOnce: 0,
      },
      emails: {
        ...{ complete: true, accepted: 0, bounced: { hard: 0, soft: 0 }, complained: 0 },
        ...{ bounceRate: null, complaintRate: null },
      },
      complaints: null,
      now: {
        unsettled: exactly(0),
        due: exactly(0),
        held: exactly(0),
        waitsForEarlier: exactly(0),
        deadLetters: exactly(0),
        blockedKeys: exactly(0),
        oldestLateAt: null,
      },
      endpoints: { enabled: 0, paused: 0, disabled: 0, failing: 0, held: 0 },
      today: null,
    });
    await expect(readStats(env.DB, "nobody", {}, 1)).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("tell what is unsettled, dead and blocked at this moment, and of the span how it went", async () => {
    await world.createEndpoint(tenant, { order: "strict", retrySchedule: [1] });
    world.answer = ({ payload }) => (Number(payload) < 0 ? refusal : ACCEPTED);
    const startedAt = world.now;
    await world.commit(tenant, { messages: [keyed(-1, "x"), keyed(1, "x"), keyed(2, "x"), keyed(3, "y")] });
    await world.runUntilIdle(tenant);
    world.now += HOUR;
    await world.commit(tenant, { messages: [event("a", 4), keyed(5, "z"), keyed(6, "z")] });
    world.now += 1;

    expect(await stats()).toMatchObject({
      messages: { total: 7, purged: 0, inSpan: 7 },
      deliveries: {
        complete: true,
        counted: 7,
        states: { pending: 5, leased: 0, delivered: 1, dead: 1, cancelled: 0 },
        attempts: 3,
        deliveredAtOnce: 1,
      },
      now: {
        unsettled: exactly(5),
        due: exactly(2),
        waitsForEarlier: exactly(3),
        deadLetters: exactly(1),
        blockedKeys: exactly(1),
        oldestLateAt: world.now - 1,
      },
    });
    expect(await stats({ until: startedAt + 1 })).toMatchObject({
      span: { since: startedAt + 1 - 24 * HOUR, until: startedAt + 1 },
      messages: { total: 7, inSpan: 4 },
      deliveries: { counted: 4, attempts: 3, states: { pending: 2 } },
      now: { unsettled: exactly(5) },
    });
    expect(await stats({ since: startedAt + 1 })).toMatchObject({
      messages: { inSpan: 3 },
      deliveries: { counted: 3 },
    });
    expect(await stats({ since: world.now, until: startedAt })).toMatchObject({
      messages: { inSpan: 0 },
      deliveries: { counted: 0, complete: true },
    });
  });

  describe("of e-mails", () => {
    const { db, clock, random, log, systemEventsTenant } = new World(env.DB);
    const tools = { db, random, log, systemEventsTenant, wake: () => {} };
    const record = (...events: ProviderEvent[]) =>
      recordEvents({ ...tools, clock: { ...clock, now: () => world.now } }, events);

    /** Direct e-mails to two recipients each. */
    async function send(count: number): Promise<{ messageId: string; tenantId: string }[]> {
      const to = ["ada@example.com", "bob@example.com"];
      const messages = Array.from({ length: count }, () =>
        email({ to, together: true, subject: "Hello", text: "Hello" }),
      );
      const committed = await world.commit(tenant, { messages });
      await world.runUntilIdle(tenant);
      return committed.messages.map((one) => ({ messageId: (one as { id: string }).id, tenantId: tenant }));
    }

    test("count those accepted and what came back, each e-mail once however often it is told of", async () => {
      await world.createEndpoint(tenant, { channel: "email", address: "ops@example.com", eventTypes: ["a"] });
      await world.createEndpoint(tenant, { eventTypes: ["a"] });
      await world.commit(tenant, { messages: [event("a", 1)] });
      const [first, second, third] = await send(3);
      const of = (
        tags: ProviderEvent["tags"] = null,
        status: EventStatus = "deferred",
        recipient = "ada@example.com",
      ) => eventWith({ tags, status, recipients: [recipient] });
      const complaint = of(first, "complained");
      await record(complaint, of(first, "complained", "bob@example.com"), of(second, "hard_bounced"));
      await record(complaint);
      await record(of(first, "complained"), of(second, "soft_bounced"), of(third, "deferred"));
      await record(of(second, "hard_bounced", "bob@example.com"), of(third, "delivered"));
      const emails = {
        ...{ complete: true, accepted: 4, bounced: { hard: 1, soft: 1 }, complained: 1 },
        ...{ bounceRate: 0.25, complaintRate: 0.25 },
      };
      expect((await stats()).emails).toEqual(emails);
      await env.DB.batch(sumUp(env.DB, [{ id: tenant, to: Number.MAX_SAFE_INTEGER }], 100));
      expect((await stats()).emails).toEqual(emails);
      world.now += 25 * HOUR;
      await record(of(third, "complained"));
      expect((await stats()).emails).toEqual({
        ...{ complete: true, accepted: 0, bounced: { hard: 0, soft: 0 }, complained: 1 },
        ...{ bounceRate: null, complaintRate: null },
      });
      expect((await stats({ since: world.now - 48 * HOUR })).emails).toMatchObject({
        accepted: 4,
        complained: 2,
      });
    });

    test("read a row for each of their spans, up to a bound", async () => {
      const rowsRead = async (given = {}) => {
        const { db: counting, bill } = countingDb(env.DB);
        const { emails } = await readStats(counting, tenant, given, world.now);
        return { emails, rows: bill.rowsRead };
      };
      world.now = Date.UTC(2026, 10, 1);
      const none = await rowsRead();
      await send(1);
      await env.DB.batch(sumUp(env.DB, [{ id: tenant, to: Number.MAX_SAFE_INTEGER }], 100));
      const spansOf = (step: number, count: number) => {
        const since = Math.floor(world.now / step) - count - 1;
        return insertManySums({ tenantId: tenant, endpointId: "ep_email", step, count, since });
      };
      await env.DB.batch([spansOf(300_000, 800), spansOf(HOUR, 2000)]);
      const day = await rowsRead();
      expect(day.emails).toMatchObject({ complete: true, accepted: 288 + 24 + 1 });
      expect(day.rows - none.rows).toBeLessThan(400);
      const all = await rowsRead({ since: 0 });
      expect(all.emails).toMatchObject({ complete: true, accepted: 2801 });
      expect(all.rows - none.rows).toBeLessThan(3000);
      await spansOf(24 * HOUR, 8000).run();
      const most = await rowsRead({ since: -1e15 });
      expect(most.emails.complete).toBe(false);
      expect(most.rows - none.rows).toBeLessThan(10_200);
    });
  });

  test("tell how the endpoints stand", async () => {
    world.answer = () => refusal;
    await world.createEndpoint(tenant);
    const paused = await world.createEndpoint(tenant);
    const disabled = await world.createEndpoint(tenant);
    await world.ask((tools) => setEndpointPaused(tools, tenant, paused, true));
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.ask((tools) => disableEndpoint(tools, tenant, disabled));
    await world.onAlarm(tenant);
    await world.consume();
    const { now, endpoints } = await stats();
    expect(endpoints).toEqual({ enabled: 1, paused: 1, disabled: 1, failing: 1, held: 0 });
    expect(now.unsettled).toEqual(exactly(3));
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET held_until = 1 WHERE tenant_id = ? AND state = 'enabled' AND target <> ''",
    )
      .bind(tenant)
      .run();
    expect((await stats()).endpoints).toMatchObject({ held: 1 });
  });

  test.each(["pause", "tenant's pause", "disabling", "breaker", "rate limit"])(
    "tell what is late apart from what a %s holds on purpose",
    async (what) => {
      const held = await world.createEndpoint(tenant);
      const committedAt = world.now;
      await world.commit(tenant, { messages: [event("a", 1)] });
      world.now += 60_000;
      expect((await stats()).now).toMatchObject({
        due: exactly(1),
        held: exactly(0),
        oldestLateAt: committedAt,
      });
      const until = world.now + 1;
      const endpoint = "WHERE tenant_id = ? AND id = ?";
      const holds: Record<string, () => Promise<unknown>> = {
        pause: () => world.ask((tools) => setEndpointPaused(tools, tenant, held, true)),
        "tenant's pause": () => world.ask((tools) => setTenantPaused(tools, tenant, true)),
        disabling: () => world.ask((tools) => disableEndpoint(tools, tenant, held)),
        breaker: () =>
          env.DB.prepare(`UPDATE outbox_endpoints SET held_until = ? ${endpoint}`)
            .bind(until, tenant, held)
            .run(),
        "rate limit": () =>
          env.DB.prepare(`UPDATE outbox_endpoints SET rate_limit = 1, paced_to = ? ${endpoint}`)
            .bind(until, tenant, held)
            .run(),
      };
      await holds[what]?.();
      expect((await stats()).now).toMatchObject({ due: exactly(1), held: exactly(1), oldestLateAt: null });
    },
  );

  test("count a key once, however many dead ones block it, and what was purged", async () => {
    const endpoint = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    world.answer = () => refusal;
    await world.commit(tenant, { messages: [keyed(1, "x"), keyed(2, "x"), keyed(3, "y")] });
    await world.runUntilIdle(tenant);
    await env.DB.batch([
      env.DB.prepare(
        "UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = 1 WHERE tenant_id = ? AND endpoint_id = ? AND settled_at IS NULL",
      ).bind(tenant, endpoint),
      env.DB.prepare("UPDATE outbox_tenants SET purged = 1 WHERE id = ?").bind(tenant),
    ]);
    const { now, messages } = await stats();
    expect(now).toMatchObject({ deadLetters: exactly(3), blockedKeys: exactly(2), unsettled: exactly(0) });
    expect(messages.purged).toBe(1);
  });

  test("say where they stopped counting", async () => {
    const endpoint = await world.createEndpoint(tenant);
    const count = limits.statsCounted + 5;
    for (const sql of backlogStatements({ tenantId: tenant, endpointId: endpoint, count, at: world.now - 1 }))
      await env.DB.prepare(sql).run();
    const { db, bill } = countingDb(env.DB);
    expect(await readStats(db, tenant, {}, world.now)).toMatchObject({
      messages: { total: count, inSpan: count },
      deliveries: { complete: false, counted: limits.statsCounted },
      now: {
        unsettled: { count: limits.statsCounted, capped: true },
        due: { count: limits.statsCounted, capped: true },
        held: { count: 0, capped: true },
        deadLetters: exactly(0),
        oldestLateAt: world.now - 1,
      },
    });
    expect(bill.roundTrips).toBe(1);
    expect(bill.rowsRead).toBeLessThan(8 * limits.statsCounted);
  });
});

describe("the counts of this moment alone", () => {
  test("are those of the statistics", async () => {
    await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    world.answer = ({ payload }) => (Number(payload) < 0 ? refusal : ACCEPTED);
    await world.commit(tenant, { messages: [keyed(-1, "x"), keyed(1, "x"), keyed(2, "x"), keyed(3, "y")] });
    await world.runUntilIdle(tenant);
    world.now += HOUR;
    await world.commit(tenant, { messages: [event("a", 4)] });
    world.now += 1;
    const { at, now, endpoints, messages, complaints, today } = await stats();
    const { inSpan: _, ...ofNow } = messages;
    expect(now).toMatchObject({
      unsettled: exactly(3),
      deadLetters: exactly(1),
      blockedKeys: exactly(1),
      oldestLateAt: world.now - 1,
    });
    expect(await readNow(env.DB, tenant, world.now)).toEqual({
      ...{ at, now, endpoints, complaints, today },
      messages: ofNow,
    });
    await expect(readNow(env.DB, "nobody", 1)).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("are counted to 1,000, in one round trip, of as many endpoints as there may be", async () => {
    const endpointId = await world.createEndpoint(tenant);
    const backlog = { tenantId: tenant, endpointId, count: 1200, at: world.now - 1 };
    for (const sql of backlogStatements(backlog)) await env.DB.prepare(sql).run();
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = 1 WHERE tenant_id = ? AND seq <= 50",
    )
      .bind(tenant)
      .run();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO outbox_endpoints (tenant_id, id, channel, target, state, ordering, created_at, updated_at)
       SELECT ?1, 'ep_many_' || i, 'webhook', 'https://example.com/', 'enabled', 'lenient', 1, 1 FROM n`,
    )
      .bind(tenant, limits.endpointsPerTenant - 1)
      .run();
    const { db, bill } = countingDb(env.DB);
    expect((await readNow(db, tenant, world.now)).now).toMatchObject({
      unsettled: { count: 1000, capped: true },
      due: { count: 1000, capped: true },
      deadLetters: exactly(50),
    });
    expect(bill.roundTrips).toBe(1);
    expect(bill.rowsRead).toBeLessThan(5000);
    expect((await stats()).now.due).toEqual(exactly(1150));
  });
});
