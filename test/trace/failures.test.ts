import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { permanent, TIMEOUT, temporary } from "../../src/channels/channel.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import type { FailureCursor } from "../../src/trace/failure-statements.ts";
import { groupFailures, listFailures } from "../../src/trace/failures.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { backlogStatements } from "../support/database/backlog.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { ACCEPTED, World } from "../support/world.ts";

const HOUR = 3600_000;
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

/** Attempts are answered by the words of their payload, one for each; the last word goes on. */
async function attempt(...payloads: string[]): Promise<string[]> {
  const made = new Map<string, number>();
  world.answer = ({ payload, messageId }) => {
    const words = JSON.parse(payload).split(" ");
    const n = made.get(messageId) ?? 0;
    made.set(messageId, n + 1);
    const word = words[Math.min(n, words.length - 1)];
    if (word === "ok") return ACCEPTED;
    if (word === "timeout") return temporary(TIMEOUT);
    if (word === "refused") return permanent("target_refused", "no");
    return temporary("http_status", {
      httpStatus: Number(word),
      excerpt: "down",
      headers: { server: "nginx" },
    });
  };
  const { messages } = await world.commit(tenant, { messages: payloads.map((word) => event("a", word)) });
  await world.runUntilIdle(tenant);
  return messages.map(({ id }) => id);
}

const list = async (filter = {}) => (await listFailures(env.DB, tenant, { limit: 100, ...filter })).entries;
const groups = (filter = {}) => groupFailures(env.DB, tenant, filter, world.now);

describe("failures", () => {
  test("are the attempts that failed, the latest begun first, each as its message shows it", async () => {
    const endpointId = await world.createEndpoint(tenant, { retrySchedule: [60, 60] });
    const [first = "", second = ""] = await attempt("503 timeout ok", "500 500 500");
    await attempt("ok");
    const found = await list();
    expect(found.map(({ messageId, number, outcome }) => [messageId, number, outcome])).toEqual([
      [second, 3, "dead"],
      ...[second, first].map((id) => [id, 2, "retry"]),
      ...[second, first].map((id) => [id, 1, "retry"]),
    ]);
    const attempts = [];
    for (const id of [first, second]) {
      const { deliveries, ...message } = await readMessage(env.DB, tenant, id);
      for (const one of deliveries[0]?.attempts ?? []) {
        const { id: messageId, sequence, eventType, committedAt, orderingKey } = message;
        const facts = { messageId, sequence, eventType, committedAt, orderingKey };
        if (one.outcome !== "delivered") attempts.push({ ...facts, endpointId, channel: "webhook", ...one });
      }
    }
    expect(attempts).toHaveLength(5);
    expect(found).toEqual(expect.arrayContaining(attempts));
    expect(found.find(({ messageId, number }) => messageId === first && number === 1)).toMatchObject({
      httpStatus: 503,
      error: "http_status",
      responseExcerpt: "down",
      responseHeaders: { server: "nginx" },
      target: expect.stringContaining("https://"),
    });
  });

  test("are those of an endpoint, an error, a status or a span, where that is asked", async () => {
    const one = await world.createEndpoint(tenant, { retrySchedule: [] });
    await attempt("503", "timeout", "500");
    world.now += HOUR;
    const since = world.now;
    const other = await world.createEndpoint(tenant, { retrySchedule: [] });
    await attempt("503");
    const words = async (filter: object) =>
      (await list(filter)).map(({ endpointId, error, httpStatus }) => [endpointId, httpStatus ?? error]);
    expect(await words({ endpointId: other })).toEqual([[other, 503]]);
    expect(await words({ error: TIMEOUT })).toEqual([[one, TIMEOUT]]);
    expect(await words({ httpStatus: 500 })).toEqual([[one, 500]]);
    expect(await words({ since })).toHaveLength(2);
    expect(await words({ until: since })).toHaveLength(3);
    expect(await words({ since, until: since })).toEqual([]);
    expect(await words({ httpStatus: 503, error: TIMEOUT })).toEqual([]);
    await expect(listFailures(env.DB, "nobody", { limit: 1 })).rejects.toMatchObject({
      code: "tenant_not_found",
    });
  });

  test("are listed page after page, each once, though many began at one instant and others follow", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await attempt("500", "500", "500", "500", "500");
    const all = await list();
    expect(all).toHaveLength(10);
    const seen: typeof all = [];
    let after: FailureCursor | undefined;
    do {
      const { entries, next } = await listFailures(env.DB, tenant, { limit: 3, after });
      seen.push(...entries);
      after = next ?? undefined;
      world.now += 1000;
      if (seen.length === 3) await attempt("500");
    } while (after);
    expect(seen).toEqual(all);
  });

  test("leave out attempts that delivered, replayed ones too, and go on past them", async () => {
    const endpointId = await world.createEndpoint(tenant, { retrySchedule: [] });
    const [dead = ""] = await attempt("500");
    const ids = await attempt(...Array<string>(3).fill("ok"));
    for (const id of ids) {
      world.now += 1000;
      await world.ask((tools) => replayOne(tools, tenant, id, endpointId));
      await world.runUntilIdle(tenant);
    }
    const rows = await env.DB.prepare("SELECT count(*) AS count FROM outbox_attempts WHERE tenant_id = ?")
      .bind(tenant)
      .first("count");
    expect(rows).toBe(7);
    expect((await list({ limit: 1 })).map(({ messageId }) => messageId)).toEqual([dead]);
  });
});

describe("groups of failures", () => {
  test("count by endpoint, error and status: the largest first, with the dead among them and an example", async () => {
    const one = await world.createEndpoint(tenant, { retrySchedule: [60] });
    const startedAt = world.now;
    await attempt("503 503", "503 ok", "timeout ok", "refused");
    const other = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
    const [last = ""] = await attempt("503");
    const found = await groups();
    expect(found).toMatchObject({
      span: { since: world.now - 24 * HOUR, until: world.now },
      complete: true,
    });
    expect(
      found.groups.map(({ endpointId, result, count, dead }) => [
        endpointId,
        ...Object.values(result),
        count,
        dead,
      ]),
    ).toEqual([
      [one, "http_status", 503, 5, 2],
      [other, "http_status", 503, 1, 1],
      [one, "target_refused", null, 1, 1],
      [one, "timeout", null, 1, 0],
    ]);
    const of503 = (await list({ endpointId: one, httpStatus: 503 })).map((failure) => failure.startedAt);
    expect(found.groups[0]).toMatchObject({
      channel: "webhook",
      example: last,
      firstAt: startedAt + 1,
      lastAt: of503[0],
    });
  });

  test("are of the last 24 hours, of another span or of an endpoint, as it is asked", async () => {
    const one = await world.createEndpoint(tenant, { retrySchedule: [] });
    await attempt("503", "503");
    world.now += 25 * HOUR;
    const since = world.now;
    const other = await world.createEndpoint(tenant, { retrySchedule: [] });
    await attempt("500");
    const counts = async (filter = {}) =>
      (await groups(filter)).groups.map(({ endpointId, count }) => [endpointId, count]).toSorted();
    const both = [
      [one, 1],
      [other, 1],
    ].toSorted();
    expect(await counts()).toEqual(both);
    expect(await counts({ endpointId: other })).toEqual([[other, 1]]);
    const until = since - 2 * HOUR;
    expect(await counts({ until })).toEqual([[one, 2]]);
    expect((await groups({ until })).span).toEqual({ since: until - 24 * HOUR, until });
    expect(await counts({ since: until, until: since })).toEqual([]);
    expect(await groups({ endpointId: "ep_none" })).toMatchObject({ groups: [], complete: true });
    await expect(groupFailures(env.DB, "nobody", {}, 1)).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("have their activity in 24 parts of the span, whose sum is their count", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [HOUR / 1000, HOUR / 1000] });
    const since = world.now;
    await attempt("503 503 503");
    const begin = (at: number, apart: number) =>
      env.DB.prepare("UPDATE outbox_attempts SET started_at = ?2 + (n - 1) * ?3 WHERE tenant_id = ?1")
        .bind(tenant, at, apart)
        .run();
    await begin(since, 1.5 * HOUR);
    const [group] = (await groups({ since, until: since + 24 * HOUR })).groups;
    expect(group?.activity).toEqual([1, 1, 0, 1, ...Array(20).fill(0)]);
    await begin(world.now + 5, 0);
    expect((await groups()).groups[0]?.activity).toEqual([...Array(23).fill(0), 3]);
  });

  test("say when they are not all, and read a bounded number of rows", async () => {
    const endpointId = await world.createEndpoint(tenant);
    const count = limits.statsCounted + 5;
    for (const sql of backlogStatements({ tenantId: tenant, endpointId, count, at: world.now - 1 }))
      await env.DB.prepare(sql).run();
    await env.DB.prepare(
      `INSERT INTO outbox_attempts (tenant_id, seq, endpoint_id, n, outcome, started_at, duration_ms, http_status, error)
       SELECT tenant_id, seq, endpoint_id, 1, 'retry', ?2 - seq, 1, 400 + seq % 150, 'http_status'
       FROM outbox_deliveries WHERE tenant_id = ?1`,
    )
      .bind(tenant, world.now)
      .run();
    const { db, bill } = countingDb(env.DB);
    const found = await groupFailures(db, tenant, {}, world.now);
    expect(found.complete).toBe(false);
    expect(found.groups).toHaveLength(limits.groupsShown);
    expect(found.groups.at(-1)?.lastAt).toBeGreaterThan(world.now - count + 5);
    expect(bill.roundTrips).toBe(1);
    expect(bill.rowsRead).toBeLessThan(5 * limits.statsCounted);
    expect((await groups({ endpointId: "ep_none" })).complete).toBe(false);
    for (const deep of [1, 5000, limits.statsCounted - 60]) {
      bill.rowsRead = 0;
      const after = { startedAt: world.now - deep, seq: deep, endpointId, number: 1 };
      const page = await listFailures(db, tenant, { limit: 50, after });
      expect(page.entries.map(({ sequence }) => sequence - deep)).toEqual(
        Array.from({ length: 50 }, (_, n) => n + 1),
      );
      expect(bill.rowsRead).toBeLessThan(700);
    }
    bill.rowsRead = 0;
    const none = await listFailures(db, tenant, { limit: 50, error: TIMEOUT });
    expect(none).toMatchObject({ entries: [], next: { endpointId } });
    expect(bill.rowsRead).toBeLessThan(4 * 50 * limits.lookedAtPerShown);
    expect((await groups({ since: world.now - 50 })).complete).toBe(true);
  });
});
