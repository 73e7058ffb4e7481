import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { issueToken, revokeToken } from "../../src/registry/tokens.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { countRows, deliveriesOf } from "../support/database/rows.ts";
import { refused } from "../support/outside/replies.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { ACCEPTED, World } from "../support/world.ts";

const LIMIT = limits.deliveriesPerCommit;
/** So many messages to so many endpoints are just as many as one commit may make. */
const MESSAGES = 20;
const ENDPOINTS = LIMIT / MESSAGES;
const TOO_MANY = {
  failure: {
    code: "invalid_input",
    fields: [{ path: "messages", message: expect.stringContaining(`${LIMIT}`) }],
  },
};

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

/** As rows: one by one they would take their time. */
const addEndpoints = (count: number, types: readonly string[] | null) =>
  env.DB.prepare(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
    INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, created_at, updated_at)
    SELECT ?1, 'ep_' || lower(hex(randomblob(8))), 'webhook', 'https://example.com', ?3, 'enabled', 0, 0 FROM n`)
    .bind(tenant, count, types && JSON.stringify(types))
    .run();
const events = (count: number, type = "a") => Array.from({ length: count }, (_, n) => event(type, n));

describe("a commit", () => {
  test("of as many deliveries as it may make is made, of one more refused, and nothing of it is written", async () => {
    await addEndpoints(ENDPOINTS, null);
    const { db, bill } = countingDb(env.DB);
    const counted = { step: <T>(_: string, act: () => Promise<T>) => act(), db: () => db };
    await world.commit(tenant, { messages: events(MESSAGES) }, counted);
    expect(bill.roundTrips).toBe(1);
    expect(await countRows("deliveries", tenant)).toBe(LIMIT);
    const write = env.DB.prepare("UPDATE outbox_tenants SET name = 'written' WHERE id = ?").bind(tenant);
    await expect(
      world.commit(tenant, { writes: [write], messages: events(MESSAGES + 1) }),
    ).rejects.toMatchObject(TOO_MANY);
    expect(await countRows("deliveries", tenant)).toBe(LIMIT);
    expect(await countRows("messages", tenant)).toBe(MESSAGES);
    expect(
      await env.DB.prepare("SELECT name FROM outbox_tenants WHERE id = ?").bind(tenant).first("name"),
    ).toBe(null);
  });

  test("counts for each event type those that subscribe to it, and not those that are disabled", async () => {
    await addEndpoints(ENDPOINTS, ["a", "c"]);
    await addEndpoints(ENDPOINTS, ["b"]);
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET state = 'disabled' WHERE tenant_id = ? AND event_types = '[\"b\"]'",
    )
      .bind(tenant)
      .run();
    await world.commit(tenant, {
      messages: [...events(MESSAGES / 2), ...events(MESSAGES / 2, "c"), ...events(MESSAGES, "b")],
    });
    expect(await countRows("deliveries", tenant)).toBe(LIMIT);
    await expect(
      world.commit(tenant, { messages: [...events(MESSAGES), ...events(1, "c")] }),
    ).rejects.toMatchObject(TOO_MANY);
  });

  test("counts those that messages name, and handlers that subscribe", async () => {
    const ids = Array.from({ length: limits.targetsPerMessage }, (_, n) => `ep_${n}`);
    const messages = Array.from({ length: LIMIT / ids.length + 1 }, (_, n) =>
      event("a", n, { endpointIds: ids }),
    );
    await expect(world.commit(tenant, { messages })).rejects.toMatchObject(TOO_MANY);
    const names = Array.from({ length: LIMIT / limits.messagesPerCommit + 1 }, (_, n) => `h${n}`);
    world.handlers = { names: new Set(names), forWork: new Set(), subscribedTo: () => names };
    await expect(world.commit(tenant, { messages: events(limits.messagesPerCommit) })).rejects.toMatchObject(
      TOO_MANY,
    );
    await addEndpoints(LIMIT / MESSAGES - names.length, null);
    await world.commit(tenant, { messages: events(MESSAGES) });
    expect(await countRows("deliveries", tenant)).toBe(LIMIT);
    await addEndpoints(1, null);
    await expect(world.commit(tenant, { messages: events(MESSAGES) })).rejects.toMatchObject(TOO_MANY);
  });

  test("repeated is answered as the first time, also where it would be too many by now", async () => {
    await addEndpoints(ENDPOINTS, null);
    const request = { messages: events(MESSAGES), idempotencyKey: "once" };
    const first = await world.commit(tenant, request);
    await addEndpoints(1, null);
    expect(await world.commit(tenant, request)).toEqual({ ...first, writes: [], duplicate: true });
    await expect(world.commit(tenant, { ...request, idempotencyKey: "twice" })).rejects.toMatchObject(
      TOO_MANY,
    );
  });

  test("by a token that was revoked learns nothing of it", async () => {
    await addEndpoints(ENDPOINTS + 1, null);
    const tools = { ...world.registryTools(), keyRing: keyRingOf("k1") };
    const { id: tokenId } = await issueToken(tools, tenant, { scopes: ["messages:write"] });
    await revokeToken(tools, tenant, tokenId);
    await expect(world.commit(tenant, { messages: events(MESSAGES), tokenId })).rejects.toMatchObject({
      code: "token_revoked",
    });
  });
});

describe("the effects of handlers", () => {
  beforeEach(() => {
    world.handlers = { names: new Set(["split"]), forWork: new Set(["split"]), subscribedTo: () => [] };
    world.retrySchedule = [];
  });
  const give = (messages: number) => {
    world.answer = ({ eventType }) =>
      eventType === "work" ? { ...ACCEPTED, effects: { messages: events(messages) } } : ACCEPTED;
  };
  const handle = async (count: number) => {
    await world.commit(tenant, { messages: Array.from({ length: count }, (_, n) => work("split", n)) });
    await world.onAlarm(tenant);
    await world.consume(
      undefined,
      world.queued.splice(0).filter(({ channel }) => channel === "handler"),
    );
    return (await deliveriesOf(tenant)).filter(({ endpoint_id }) => endpoint_id === "ep_handler_split");
  };

  test("is refused as a commit is, with a sentence, where it makes too many deliveries", async () => {
    await addEndpoints(ENDPOINTS, ["a"]);
    give(MESSAGES + 1);
    expect(await handle(1)).toMatchObject([
      { state: "dead", error: "effects_refused", excerpt: expect.stringContaining("commit fewer") },
    ]);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test("is committed one by one where it makes too many together", async () => {
    await addEndpoints(ENDPOINTS, ["a"]);
    give(MESSAGES / 2);
    const largest = watchLargest();
    expect(await handle(4)).toMatchObject(Array(4).fill({ state: "delivered" }));
    expect(await countRows("deliveries", tenant)).toBe(4 + 4 * (LIMIT / 2));
    expect(await largest()).toBeLessThanOrEqual(LIMIT);
  });

  /** The most deliveries that became due in one transaction, as the batches of this process tell. */
  function watchLargest(): () => Promise<number> {
    let most = 0;
    const { db } = world;
    Object.assign(world, {
      db: {
        prepare: db.prepare.bind(db),
        batch: async <T>(statements: D1PreparedStatement[]) => {
          const before = await countRows("deliveries", tenant);
          const results = await db.batch<T>(statements);
          most = Math.max(most, (await countRows("deliveries", tenant)) - before);
          return results;
        },
      },
    });
    return async () => most;
  }

  test("many dead letters are told to the first listeners, in transactions of the same size", async () => {
    const listeners = 100;
    await addEndpoints(listeners, SYSTEM_EVENTS);
    const endpoint = await world.createEndpoint(tenant, { eventTypes: ["b"] });
    const count = limits.packDeliveries;
    await world.commit(tenant, { messages: events(count, "b") });
    world.answer = () => refused();
    const largest = watchLargest();
    await world.onAlarm(tenant);
    await world.consume();
    const dead = (await deliveriesOf(tenant)).filter(({ endpoint_id }) => endpoint_id === endpoint);
    expect(new Set(dead.map(({ state }) => state))).toEqual(new Set(["dead"]));
    expect(await countRows("messages", tenant)).toBe(2 * count);
    expect(await countRows("deliveries", tenant)).toBe(count + count * limits.listenersPerSystemEvent);
    expect(await largest()).toBeLessThanOrEqual(LIMIT);
  });
});
