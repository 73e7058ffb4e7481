import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { enableEndpoint, setEndpointPaused, updateEndpoint } from "../../src/registry/endpoints.ts";
import { deleteTenant, updateTenant } from "../../src/registry/tenants.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, query } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const BUDGET_MS = 100_000;
const OF_ENDPOINTS = SYSTEM_EVENTS.filter((name) => name.startsWith("endpoint."));

let world: World;
let tenant: string;
let hook: string;
let listener: string;
let begunAt: number;

beforeEach(async () => {
  world = new World(env.DB);
  world.disableAfterMs = BUDGET_MS;
  world.retrySchedule = [];
  tenant = await world.createTenant();
  hook = await world.createEndpoint(tenant, {
    url: "https://hooks.example.com/secret-path?token=x",
    description: "The warehouse",
    eventTypes: ["a"],
  });
  listener = await world.createEndpoint(tenant, { eventTypes: OF_ENDPOINTS });
  begunAt = world.now;
});

afterEach(() => checkInvariants(env.DB, tenant));

/** An attempt at the endpoint when so much of its failure budget is used. */
async function tryAt(
  percent: number,
  answer: "fails" | "succeeds" = "fails",
  life = immortal,
): Promise<void> {
  world.now = begunAt + (percent / 100) * BUDGET_MS;
  world.answer = ({ endpoint }) => (endpoint.id === hook && answer === "fails" ? refused() : ACCEPTED);
  await world.commit(tenant, { messages: [event("a", percent)] });
  await world.onAlarm(tenant);
  await world.consume(life);
}

/** Hands over what was announced. */
async function hear(of = tenant, to = listener) {
  await world.runUntilIdle(of);
  return world.sent
    .filter(({ endpoint }) => endpoint.id === to)
    .map(({ eventType, payload }) => ({ tells: eventType, ...JSON.parse(payload) }));
}

const toldOf = async () =>
  (await hear()).map(({ tells, percent }) => (percent ? `${tells} ${percent}` : tells));

describe("of an endpoint that fails, its tenant is told", () => {
  test("when it has used 50, 70 and 90 % of its failure budget, once each, and when it takes deliveries again", async () => {
    for (const percent of [0, 30, 49, 50, 55, 69, 71, 72, 90, 99]) await tryAt(percent);
    expect(await toldOf()).toEqual(["endpoint.failing 50", "endpoint.failing 71", "endpoint.failing 90"]);
    world.now = begunAt + 0.995 * BUDGET_MS;
    await tryAt(99.5, "succeeds");
    await tryAt(99.6, "succeeds");
    expect((await toldOf()).slice(3)).toEqual(["endpoint.recovered"]);
  });

  test("by words that name it, without the secrets of its URL", async () => {
    await tryAt(0);
    await tryAt(60);
    const [{ messageId } = {}] = world.sent.filter(({ endpoint }) => endpoint.id === hook).slice(-1);
    const [told] = await hear();
    expect(told).toEqual({
      tells: "endpoint.failing",
      tenantId: tenant,
      endpointId: hook,
      target: "https://hooks.example.com",
      description: "The warehouse",
      failingSince: new Date(begunAt).toISOString(),
      percent: 60,
      willBeDisabledAt: new Date(begunAt + BUDGET_MS).toISOString(),
      lastFailure: {
        at: new Date(begunAt + 0.6 * BUDGET_MS).toISOString(),
        error: "http_status",
        httpStatus: 500,
        messageId,
        eventType: "a",
      },
    });
    await tryAt(61, "succeeds");
    expect((await hear()).at(-1)).toMatchObject({
      tells: "endpoint.recovered",
      failingSince: new Date(begunAt).toISOString(),
      recoveredAt: new Date(begunAt + 0.61 * BUDGET_MS).toISOString(),
    });
  });

  test("of the largest share alone, where several were passed at once; of the disabling alone, at the end", async () => {
    await tryAt(0);
    await tryAt(95);
    expect(await toldOf()).toEqual(["endpoint.failing 95"]);
    await tryAt(101);
    expect((await toldOf()).slice(1)).toEqual(["endpoint.disabled"]);
  });

  test("anew in each run of failures", async () => {
    await tryAt(0);
    await tryAt(50);
    await tryAt(51, "succeeds");
    begunAt = world.now;
    await tryAt(0);
    await tryAt(49);
    await tryAt(52);
    expect(await toldOf()).toEqual(["endpoint.failing 50", "endpoint.recovered", "endpoint.failing 52"]);
  });

  test("of its recovery also when a person has paused it meanwhile", async () => {
    await tryAt(0);
    await tryAt(60);
    world.now = begunAt + 0.61 * BUDGET_MS;
    world.answer = async ({ endpoint }) => {
      if (endpoint.id === hook) await world.ask((tools) => setEndpointPaused(tools, tenant, hook, true));
      return ACCEPTED;
    };
    await world.commit(tenant, { messages: [event("a", 61)] });
    await world.onAlarm(tenant);
    await world.consume();
    expect(await toldOf()).toEqual(["endpoint.failing 60", "endpoint.recovered"]);
  });

  test("of its recovery also when it was quiet for so long that its failing began anew", async () => {
    world.disableAfterMs = 1000 * limits.failureGapMs;
    begunAt = world.now;
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET failing_told = 70, failing_since = ?1, failed_at = ?1 WHERE id = ?2",
    )
      .bind(world.now - limits.failureGapMs, hook)
      .run();
    await tryAt(0);
    await tryAt(0, "succeeds");
    expect(await toldOf()).toEqual(["endpoint.recovered"]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["enabled", () => world.ask((tools) => enableEndpoint(tools, tenant, hook))],
    ["resumed", () => world.ask((tools) => setEndpointPaused(tools, tenant, hook, false))],
    [
      "moved",
      () =>
        world.ask((tools) =>
          updateEndpoint(tools, tenant, hook, { url: "https://new.example.com/", signingSecret: "keep" }),
        ),
    ],
  ])(
    "of nothing more when a person has %s it: its failures are forgotten, and begin anew",
    async (_, act) => {
      await tryAt(0);
      await tryAt(70);
      await act();
      await tryAt(71, "succeeds");
      expect(await toldOf()).toEqual(["endpoint.failing 70"]);
      begunAt = world.now;
      await tryAt(0);
      await tryAt(50);
      expect(await toldOf()).toEqual(["endpoint.failing 70", "endpoint.failing 50"]);
    },
  );

  test("through its other endpoints: none hears of itself", async () => {
    const both = await world.createEndpoint(tenant, { eventTypes: ["b", ...OF_ENDPOINTS] });
    const fail = async (percent: number) => {
      world.now = begunAt + (percent / 100) * BUDGET_MS;
      world.answer = ({ endpoint }) => (endpoint.id === both ? refused() : ACCEPTED);
      await world.commit(tenant, { messages: [event("b", percent)] });
      await world.onAlarm(tenant);
      await world.consume();
    };
    await fail(0);
    await fail(60);
    expect(await toldOf()).toEqual(["endpoint.failing 60"]);
    expect(
      world.sent.filter(({ endpoint }) => endpoint.id === both).map(({ eventType }) => eventType),
    ).toEqual(["b", "b"]);
  });
});

describe("each is told once, in the batch that changes the health", () => {
  const steps = [1, 2, 3, 4, 5, 6].flatMap((at) => [
    { at, side: "before" as const },
    { at, side: "after" as const },
  ]);

  test.each(steps)("though the consumer dies $side its await number $at", async ({ at, side }) => {
    world.leaseMs = 20_000;
    await tryAt(0);
    const life = new MortalLife(at, side);
    await Promise.race([tryAt(50, "fails", life), life.death]);
    world.queued.length = 0;
    world.now += world.leaseMs + limits.sweepGraceMs;
    await world.sweep();
    await world.runUntilIdle(tenant);
    // A count that died with its consumer is told by the next failure.
    await tryAt(75);
    const told = (await hear()).map(({ percent }) => percent);
    expect(told.filter((percent) => percent < 70).length).toBeLessThanOrEqual(1);
    expect(told.filter((percent) => percent >= 70).length).toBe(1);
  });

  test("though D1 runs every batch of the consumer twice", async () => {
    await tryAt(0);
    const batch = async <T>(statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch<T>(statements);
      await env.DB.batch<T>(statements);
      return results;
    };
    const twice = { ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) };
    await tryAt(50, "fails", twice);
    await tryAt(51, "succeeds", twice);
    expect(await toldOf()).toEqual(["endpoint.failing 50", "endpoint.recovered"]);
  });

  test("though two consumers count the same health at the same instant", async () => {
    await tryAt(0);
    world.now = begunAt + 0.5 * BUDGET_MS;
    world.answer = ({ endpoint }) => (endpoint.id === hook ? refused() : ACCEPTED);
    const tasks = [];
    for (const n of [1, 2]) {
      await world.commit(tenant, { messages: [event("a", n)] });
      await world.onAlarm(tenant);
      tasks.push(world.queued.splice(0));
    }
    await Promise.all(tasks.map((task) => world.consume(immortal, task)));
    expect(await toldOf()).toEqual(["endpoint.failing 50"]);
  });
});

test("where nobody listens nothing is written, and what is due is counted all the same", async () => {
  await world.ask((tools) => updateEndpoint(tools, tenant, listener, { eventTypes: ["b"] }));
  await tryAt(0);
  await tryAt(50);
  expect(await countRows("messages", tenant)).toBe(2);
  await world.ask((tools) => updateEndpoint(tools, tenant, listener, { eventTypes: OF_ENDPOINTS }));
  await tryAt(51);
  expect(await toldOf()).toEqual([]);
  await tryAt(70);
  expect(await toldOf()).toEqual(["endpoint.failing 70"]);
});

describe("the tenant of SYSTEM_EVENTS_TENANT", () => {
  let ops: string;
  let watcher: string;

  beforeEach(async () => {
    ops = await world.createTenant();
    watcher = await world.createEndpoint(ops, { eventTypes: [...SYSTEM_EVENTS] });
    world.systemEventsTenant = ops;
    await world.ask((tools) => updateTenant(tools, tenant, { name: "Acme Inc." }));
  });

  afterEach(() => checkInvariants(env.DB, ops));

  const watched = () => hear(ops, watcher);

  test("hears the system events of another, with its id and name, and its relay is woken", async () => {
    await tryAt(0);
    await tryAt(60);
    expect(world.alarms.has(ops)).toBe(true);
    expect(await watched()).toMatchObject([
      { tells: "message.attempt.exhausted", tenantId: tenant, tenantName: "Acme Inc.", endpointId: hook },
      { tells: "message.attempt.exhausted" },
      { tells: "endpoint.failing", tenantId: tenant, tenantName: "Acme Inc.", endpointId: hook, percent: 60 },
    ]);
    const own = await hear();
    expect(own.map(({ tells }) => tells)).toEqual(["endpoint.failing"]);
    expect(own[0]).not.toHaveProperty("tenantName");
    const ids = [...world.sent]
      .filter(({ eventType }) => eventType === "endpoint.failing")
      .map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(2);
  });

  test("hears them also where no endpoint of the other listens", async () => {
    await world.ask((tools) => updateEndpoint(tools, tenant, listener, { eventTypes: ["b"] }));
    await tryAt(0);
    await tryAt(60);
    expect((await watched()).map(({ tells }) => tells)).toContain("endpoint.failing");
    expect(await countRows("messages", tenant)).toBe(2);
  });

  test("hears of its own endpoints once", async () => {
    const failing = await world.createEndpoint(ops, { eventTypes: ["a"] });
    world.answer = ({ endpoint }) => (endpoint.id === failing ? refused() : ACCEPTED);
    await world.commit(ops, { messages: [event("a", 1)] });
    await world.runUntilIdle(ops);
    expect(await watched()).toMatchObject([
      { tells: "message.attempt.exhausted", tenantId: ops, endpointId: failing },
    ]);
  });

  test("causes no further events by deliveries of system events that fail", async () => {
    world.answer = () => refused();
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.runUntilIdle(tenant);
    await world.runUntilIdle(ops);
    expect(await countRows("messages", ops)).toBe(1);
  });

  test("gets nothing when it is deleted or does not exist, and the log says so; all else goes on", async () => {
    await world.ask((tools) => deleteTenant(tools, ops));
    for (const name of [ops, "never-there"]) {
      world.systemEventsTenant = name;
      await tryAt(0);
      await world.sweep();
      expect(world.events).toContainEqual({ event: "system_events.tenant_missing", tenant: name });
    }
    expect(await countRows("messages", ops)).toBe(0);
  });
});

describe("a tenant with an address for it gets an e-mail when its endpoint is disabled", () => {
  const ADDRESS = "ada@example.com";
  const mails = async () => {
    await world.runUntilIdle(tenant);
    return world.sent
      .filter(({ endpoint }) => endpoint.id === "ep_email")
      .map(({ payload }) => JSON.parse(payload));
  };
  const notify = (notifyEmail: string | null) =>
    world.ask((tools) => updateTenant(tools, tenant, { notifyEmail }));

  test("by failures: which endpoint, since when, why, what waits, what to do", async () => {
    await notify(ADDRESS);
    world.retrySchedule = [1000];
    await tryAt(0);
    await tryAt(20);
    world.now = begunAt;
    world.retrySchedule = [];
    await tryAt(100);
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    const failed = world.sent.filter(({ endpoint }) => endpoint.id === hook).at(-1);
    expect(mail).toEqual({
      to: [ADDRESS],
      subject: "Deliveries to https://hooks.example.com have stopped",
      text: expect.any(String),
    });
    for (const words of [
      `The endpoint ${hook} (The warehouse) of ${tenant}`,
      "was disabled at 2026-11-23 12:01 UTC",
      "Every attempt has failed since 2026-11-23 12:00 UTC. Its last failure was HTTP 500",
      `to the message ${failed?.messageId} (a)`,
      "Deliveries that wait for it: 2.",
      `POST /v1/tenants/${tenant}/endpoints/${hook}/enable`,
    ]) {
      expect(mail.text).toContain(words);
    }
    expect(mail.text).not.toContain("secret-path");
  });

  test("by a 410, but not within an hour of a change of the endpoint, so that nobody asks for e-mails in a loop", async () => {
    await notify(ADDRESS);
    world.answer = ({ endpoint }) =>
      endpoint.id === hook ? refused({ kind: "gone", error: "gone", httpStatus: 410 }) : ACCEPTED;
    const disableAfter = async (quietMs: number) => {
      await world.ask((tools) => enableEndpoint(tools, tenant, hook));
      world.now += quietMs;
      await world.commit(tenant, { messages: [event("a", 1)] });
      await world.runUntilIdle(tenant);
    };
    await disableAfter(limits.disabledEmailQuietMs - 60_000);
    expect((await toldOf()).at(-1)).toBe("endpoint.disabled");
    expect(await mails()).toHaveLength(0);
    await disableAfter(limits.disabledEmailQuietMs);
    expect(await mails()).toHaveLength(1);
  });

  test("by a 410, once, though D1 runs every batch twice", async () => {
    await notify(ADDRESS);
    world.now += limits.disabledEmailQuietMs;
    world.answer = ({ endpoint }) =>
      endpoint.id === hook ? refused({ kind: "gone", error: "gone", httpStatus: 410 }) : ACCEPTED;
    await world.commit(tenant, { messages: [event("a", 1)] });
    await world.onAlarm(tenant);
    const batch = async <T>(statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch<T>(statements);
      await env.DB.batch<T>(statements);
      return results;
    };
    await world.consume({ ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) });
    const sent = await mails();
    expect(sent).toHaveLength(1);
    expect(sent[0].text).toContain("It has answered that it is gone");
  });

  test.each<[string, () => Promise<unknown>]>([
    ["without an address", () => notify(null)],
    [
      "where the Worker has no provider of e-mails",
      async () => {
        await notify(ADDRESS);
        world.sendsEmails = false;
      },
    ],
    [
      "while its endpoint for direct e-mails is disabled",
      async () => {
        await notify(ADDRESS);
        await query(
          "UPDATE outbox_endpoints SET state = 'disabled' WHERE tenant_id = ? AND id = 'ep_email'",
          tenant,
        );
      },
    ],
  ])("and none %s: nothing is left undeliverable", async (_, act) => {
    await act();
    await tryAt(0);
    await tryAt(100);
    expect((await toldOf()).at(-1)).toBe("endpoint.disabled");
    expect(await mails()).toEqual([]);
    expect(await countRows("messages", tenant)).toBe(3);
  });
});
