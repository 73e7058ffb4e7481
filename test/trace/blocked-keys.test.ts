import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { skipOne } from "../../src/interventions/skip.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { type BlockedKey, listBlockedDeliveries, listBlockedKeys } from "../../src/trace/blocked-keys.ts";
import type { DeliveryCursor } from "../../src/trace/list-statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
let endpoint: string;
let failing: Set<number>;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
  failing = new Set([1]);
  const refusal = temporary("http_status", { httpStatus: 503, excerpt: "down" });
  world.answer = ({ payload }) => (failing.has(Number(payload)) ? refusal : ACCEPTED);
});

afterEach(() => checkInvariants(env.DB, tenant));

const keyed = (n: number, orderingKey = "k") => event("a", n, { orderingKey });
const run = async (...messages: ReturnType<typeof event>[]) => {
  const committed = await world.commit(tenant, { messages });
  await world.runUntilIdle(tenant);
  return committed.messages.map(({ id }) => id);
};
const list = async (endpointId?: string) =>
  (await listBlockedKeys(env.DB, tenant, { limit: 50, after: undefined, endpointId })).entries;

describe("the blocked keys", () => {
  test("are listed with their head, why it died, since when, and how many wait", async () => {
    const committedAt = world.now;
    const [head] = await run(keyed(1), keyed(2), keyed(3), keyed(4, "free"), event("a", 1));
    expect(await list()).toEqual([
      {
        endpointId: endpoint,
        orderingKey: "k",
        waiting: 2,
        blockedSince: world.sent[0]?.at,
        head: {
          messageId: head,
          sequence: 1,
          eventType: "a",
          committedAt,
          attempts: 1,
          reason: "exhausted",
          httpStatus: 503,
          error: "http_status",
          responseExcerpt: "down",
        },
      },
    ]);
    await world.ask((tools) => skipOne(tools, tenant, head ?? "", endpoint));
    expect(await list()).toEqual([]);
  });

  test("of two dead ones of a key the first stands there, also while an earlier one is tried again", async () => {
    failing = new Set([2]);
    const [first = ""] = await run(keyed(1), keyed(2), keyed(3));
    failing = new Set([1]);
    await world.ask((tools) => replayOne(tools, tenant, first, endpoint));
    expect((await list()).map(({ head, waiting }) => [head.sequence, waiting])).toEqual([[2, 1]]);
    await world.runUntilIdle(tenant);
    expect((await list()).map(({ head, waiting }) => [head.sequence, waiting])).toEqual([[1, 1]]);
  });

  test("come oldest head first, in pages that neither miss nor repeat, of all endpoints or of one", async () => {
    const other = await world.createEndpoint(tenant, { order: "strict", retrySchedule: [] });
    await run(...Array.from({ length: 15 }, (_, n) => keyed(1, `k${n}`)));
    const seen: BlockedKey[] = [];
    let after: DeliveryCursor | undefined;
    do {
      const page = await listBlockedKeys(env.DB, tenant, { limit: 4, after });
      seen.push(...page.entries);
      after = page.next ?? undefined;
    } while (after);
    const places = seen.map(({ head, endpointId }) => [head.sequence, endpointId] as const);
    expect(new Set(places.map(String)).size).toBe(30);
    expect(places).toHaveLength(30);
    expect(places.map(([seq]) => seq)).toEqual(places.map(([seq]) => seq).toSorted((a, b) => a - b));
    expect((await list(other)).map(({ endpointId }) => endpointId)).toEqual(Array(15).fill(other));
    expect(await list("ep_nobody")).toEqual([]);
  });

  test("are another tenant's own, and of an unknown tenant there is no list", async () => {
    await run(keyed(1), keyed(2));
    const page = { limit: 50, after: undefined };
    const other = await world.createTenant();
    expect((await listBlockedKeys(env.DB, other, page)).entries).toEqual([]);
    await expect(listBlockedKeys(env.DB, "nobody", page)).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("show their head and the line behind it in its order, in pages, and nothing else of the endpoint", async () => {
    const messages = [keyed(1), keyed(2), keyed(9, "free"), keyed(3), event("a", 2), keyed(4), keyed(5)];
    const ids = await run(...messages);
    const key = { endpointId: endpoint, orderingKey: "k" };
    const seen: unknown[] = [];
    let after: DeliveryCursor | undefined;
    do {
      const page = await listBlockedDeliveries(env.DB, tenant, { ...key, limit: 2, after }, world.now);
      seen.push(...page.entries.map(({ messageId, state, waitingFor }) => [messageId, state, waitingFor]));
      after = page.next ?? undefined;
    } while (after);
    const [head = "", ...line] = [0, 1, 3, 5, 6].map((n) => ids[n] ?? "");
    const waiting = line.map((id) => [id, "pending", "blockedKey"]);
    expect(seen).toEqual([[head, "dead", null], ...waiting]);

    const page = { ...key, limit: 50 };
    const other = await world.createTenant();
    expect((await listBlockedDeliveries(env.DB, other, page)).entries).toEqual([]);
    expect((await listBlockedDeliveries(env.DB, tenant, { ...page, orderingKey: "free" })).entries).toEqual(
      [],
    );
    await expect(listBlockedDeliveries(env.DB, "nobody", page)).rejects.toMatchObject({
      code: "tenant_not_found",
    });
  });

  test("count what waits up to a limit, and read no more than that", async () => {
    const batch = () => Array.from({ length: 100 }, () => keyed(2));
    await run(keyed(1));
    for (let n = 0; n < limits.waitingCounted / 100 + 5; n++)
      await world.commit(tenant, { messages: batch() });
    const { db, bill } = countingDb(env.DB);
    const { entries } = await listBlockedKeys(db, tenant, { limit: 50, after: undefined });
    expect(entries).toMatchObject([{ waiting: limits.waitingCounted }]);
    expect(bill.rowsRead).toBeLessThan(limits.waitingCounted * 2 + 50);

    const line = countingDb(env.DB);
    const key = { endpointId: endpoint, orderingKey: "k", limit: 50 };
    expect((await listBlockedDeliveries(line.db, tenant, key)).entries).toHaveLength(50);
    expect(line.bill.rowsRead).toBeLessThan(500);
  });
});
