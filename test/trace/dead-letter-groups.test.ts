import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { permanent, TIMEOUT, temporary } from "../../src/channels/channel.ts";
import { dismissDeadLetters } from "../../src/interventions/dismiss.ts";
import { replayDeadLetters } from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { groupDeadLetters } from "../../src/trace/dead-letter-groups.ts";
import { listDeadLetters } from "../../src/trace/dead-letters.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
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

const groups = (filter = {}) => groupDeadLetters(env.DB, tenant, filter);
const select = (given: object) => deadLetterInput.parse(given);
const deadNow = async () => (await listDeadLetters(env.DB, tenant, { limit: 100 })).entries;

/** Deliveries die by the words of their payload. */
async function die(...words: readonly string[]): Promise<string[]> {
  world.answer = ({ payload }) => {
    const word = JSON.parse(payload);
    if (word === "timeout") return temporary(TIMEOUT);
    if (word === "refused") return permanent("target_refused", "no");
    return temporary("http_status", { httpStatus: Number(word) });
  };
  const messages = words.map((word) => event("a", word));
  const committed = await world.commit(tenant, { messages });
  await world.runUntilIdle(tenant);
  return committed.messages.map(({ id }) => id);
}

describe("dead letters in groups", () => {
  test("are counted by endpoint, reason, error and status, the largest group first, each with an example", async () => {
    const one = await world.createEndpoint(tenant, { retrySchedule: [] });
    const ids = await die("503", "503", "503", "500", "timeout", "timeout", "refused");
    world.now += 60_000;
    const other = await world.createEndpoint(tenant, { retrySchedule: [], eventTypes: ["a"] });
    const [last] = await die("503");
    const found = await groups();
    expect(found.complete).toBe(true);
    const { groups: all } = found;
    expect(all.map(({ endpointId, result, count }) => [endpointId, ...Object.values(result), count])).toEqual(
      [
        [one, "exhausted", "http_status", 503, 4],
        [one, "exhausted", "timeout", null, 2],
        [other, "exhausted", "http_status", 503, 1],
        [one, "exhausted", "http_status", 500, 1],
        [one, "given_up", "target_refused", null, 1],
      ],
    );
    const dead = await deadNow();
    const of503 = dead.filter(({ endpointId, httpStatus }) => endpointId === one && httpStatus === 503);
    expect(all[0]).toMatchObject({
      channel: "webhook",
      example: last,
      firstAt: Math.min(...of503.map(({ settledAt }) => settledAt)),
      lastAt: Math.max(...of503.map(({ settledAt }) => settledAt)),
    });
    expect(all[1]).toMatchObject({ example: ids[5] });
  });

  test("are those of an endpoint, or of a span, where that is asked", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await die("503", "503");
    world.now += 1000;
    const since = world.now;
    const other = await world.createEndpoint(tenant, { retrySchedule: [] });
    await die("500");
    expect((await groups({ endpointId: other })).groups).toMatchObject([{ endpointId: other, count: 1 }]);
    expect((await groups({ since })).groups.map(({ count }) => count)).toEqual([1, 1]);
    expect((await groups({ until: since })).groups).toMatchObject([
      { result: { httpStatus: 503 }, count: 2 },
    ]);
    expect(await groups({ endpointId: "ep_none" })).toEqual({ groups: [], complete: true });
    await expect(groupDeadLetters(env.DB, "nobody", {})).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("are those of an event type, or of a channel, where that is asked", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await die("503", "503");
    world.answer = () => temporary(TIMEOUT);
    await world.commit(tenant, { messages: [event("b", "x")] });
    await world.runUntilIdle(tenant);
    const found = async (filter: object) => (await groups(filter)).groups.map(({ count }) => count);
    expect(await found({})).toEqual([2, 1]);
    expect(await found({ eventType: "a" })).toEqual([2]);
    expect(await found({ eventType: "b", channel: "webhook" })).toEqual([1]);
    expect(await found({ channel: "email" })).toEqual([]);
    const many = async (given: object) =>
      (await world.ask((tools) => replayDeadLetters(tools, tenant, select({ ...given, dryRun: true }))))
        .matched;
    expect(await many({ channel: "webhook" })).toBe(3);
    expect(await many({ channel: "email" })).toBe(0);
  });

  test("are filtered by reason, error and status as their list is, and as the list of deliveries", async () => {
    await world.createEndpoint(tenant, { retrySchedule: [] });
    await die("503", "503", "500", "timeout", "refused");
    const expected: [filter: object, counts: number[]][] = [
      [{ httpStatus: 503 }, [2]],
      [{ error: "http_status" }, [2, 1]],
      [{ error: TIMEOUT }, [1]],
      [{ reason: "given_up" }, [1]],
      [{ reason: "exhausted", error: "http_status", httpStatus: 500 }, [1]],
      [{ reason: "gone" }, []],
    ];
    for (const [filter, counts] of expected) {
      expect((await groups(filter)).groups.map(({ count }) => count)).toEqual(counts);
      const all = counts.reduce((sum, count) => sum + count, 0);
      const page = { limit: 100, ...filter };
      expect((await listDeadLetters(env.DB, tenant, page)).entries).toHaveLength(all);
      expect((await listDeliveries(env.DB, tenant, page)).entries).toHaveLength(all);
      expect((await listDeliveries(env.DB, tenant, { ...page, state: "pending" })).entries).toEqual([]);
    }
  });

  test("are replayed and dismissed by the fields of their group, counted first, and nothing else is", async () => {
    const endpointId = await world.createEndpoint(tenant, { retrySchedule: [] });
    await die("503", "503", "500", "timeout", "timeout", "timeout");
    for (const { result, count } of (await groups()).groups) {
      const group = { endpointId, result };
      const counted = await world.ask((tools) =>
        replayDeadLetters(tools, tenant, select({ ...group, dryRun: true })),
      );
      expect(counted).toMatchObject({ matched: count, replayed: 0 });
    }
    const dismissed = await world.ask((tools) =>
      dismissDeadLetters(tools, tenant, select({ result: { error: TIMEOUT, httpStatus: null } })),
    );
    expect(dismissed).toMatchObject({ matched: 3, dismissed: 3 });
    expect((await deadNow()).map(({ httpStatus }) => httpStatus).toSorted()).toEqual([500, 503, 503]);
    const replayed = await world.ask((tools) =>
      replayDeadLetters(tools, tenant, select({ result: { httpStatus: 503 } })),
    );
    expect(replayed).toMatchObject({ matched: 2, replayed: 2 });
    expect((await deadNow()).map(({ httpStatus }) => httpStatus)).toEqual([500]);
    const none = await world.ask((tools) =>
      replayDeadLetters(tools, tenant, select({ result: { error: null } })),
    );
    expect(none).toMatchObject({ matched: 0, replayed: 0 });
    await checkInvariants(env.DB, tenant);
  });

  test("say when they are not all, and read a bounded number of rows", async () => {
    const endpointId = await world.createEndpoint(tenant);
    const count = limits.statsCounted + 5;
    for (const sql of backlogStatements({ tenantId: tenant, endpointId, count, at: world.now - 1 }))
      await env.DB.prepare(sql).run();
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = ?2, http_status = seq % 300 WHERE tenant_id = ?1",
    )
      .bind(tenant, world.now)
      .run();
    const { db, bill } = countingDb(env.DB);
    const found = await groupDeadLetters(db, tenant, {});
    expect(found.complete).toBe(false);
    expect(found.groups).toHaveLength(limits.groupsShown);
    expect(bill.roundTrips).toBe(1);
    expect(bill.rowsRead).toBeLessThan(5 * limits.statsCounted);
    expect((await groupDeadLetters(env.DB, tenant, { endpointId: "ep_none" })).complete).toBe(false);
  });
});
