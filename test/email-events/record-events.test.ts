import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { matchKept } from "../../src/email-events/match-kept.ts";
import type { ProviderEvent } from "../../src/email-events/provider-event.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { email, event } from "../../src/outbox/message.ts";
import { emailEventLimits as limits } from "../../src/platform/email-event-limits.ts";
import { emailLimits } from "../../src/platform/email-limits.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { failingDb } from "../support/faults/failing-db.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
/** Tenants that were woken. */
let woken: string[];

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  woken = [];
});

afterEach(() => checkInvariants(env.DB, tenant));

const tools = (db = world.db) => {
  const { clock, random, log, systemEventsTenant } = world;
  return { db, clock, random, log, systemEventsTenant, wake: (id: string) => void woken.push(id) };
};
const record = (...events: ProviderEvent[]) => recordEvents(tools(), events);

async function send(content: object = {}, of = tenant): Promise<string> {
  const { messages } = await world.commit(of, {
    messages: [email({ to: "ada@example.com", subject: "Hello", text: "Hello", ...content })],
  });
  await world.runUntilIdle(of);
  return (messages[0] as { id: string }).id;
}

const tagged = (messageId: string, given: Partial<ProviderEvent> = {}, tenantId = tenant) =>
  eventWith({ tags: { messageId, tenantId }, ...given });
const recipientsOf = async (id: string, of = tenant) =>
  (await readMessage(env.DB, of, id, world.now)).deliveries[0]?.recipients;
const statusesOf = async (id: string, of = tenant) =>
  Object.fromEntries((await recipientsOf(id, of))?.map(({ address, status }) => [address, status]) ?? []);
const rows = async (table: string) =>
  (await env.DB.prepare(`SELECT * FROM ${table} WHERE tenant_id = ?`).bind(tenant).all()).results;
const all = async () => ({
  events: await rows("outbox_email_events"),
  suppressions: await rows("outbox_suppressions"),
  messages: await rows("outbox_messages"),
  deliveries: await rows("outbox_deliveries"),
});

describe("an event", () => {
  test("stands on the trace of its recipient alone, with the words of the mail server", async () => {
    const to = ["ada@example.com", "Bob <bob@example.com>"];
    const id = await send({ to, together: true, cc: "eve@example.com" });
    expect(await record(tagged(id, { recipients: ["BOB@example.com"], at: world.now - 5 }))).toEqual({
      recorded: 1,
      repeated: 0,
      unmatched: 0,
      foreign: 0,
    });
    expect(await statusesOf(id)).toEqual({
      "ada@example.com": "accepted",
      "bob@example.com": "bounced",
      "eve@example.com": "accepted",
    });
    expect((await recipientsOf(id))?.[1]).toEqual({
      address: "bob@example.com",
      status: "bounced",
      bounce: "hard",
      events: [
        {
          status: "bounced",
          bounce: "hard",
          provider: "sendgrid",
          providerMessageId: "re_1",
          detail: "550 5.1.1 User unknown",
          at: world.now - 5,
          receivedAt: world.now,
        },
      ],
    });
  });

  test("that comes again changes nothing, in the same request or in another", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["email.bounced"] });
    const id = await send();
    const bounce = tagged(id);
    expect(await record(bounce, bounce)).toMatchObject({ recorded: 1, repeated: 0 });
    const before = await all();
    expect(before.messages).toHaveLength(2);
    world.now += limits.suppressedMs.hardBounce;
    expect(await record(bounce)).toMatchObject({ recorded: 0, repeated: 1 });
    expect(await all()).toEqual(before);
  });

  test("that comes many times at once is on record once, and is told of once", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["email.bounced"] });
    const bounce = tagged(await send());
    const answers = await Promise.all(Array.from({ length: 8 }, () => record(bounce)));
    expect(answers.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(1);
    const { events, messages } = await all();
    expect([events.length, messages.length]).toEqual([1, 2]);
  });

  test("of an e-mail that is still being sent is on the trace at once, and stays when its delivery is settled", async () => {
    const { messages } = await world.commit(tenant, {
      messages: [email({ to: "ada@example.com", subject: "Hello", text: "Hello" })],
    });
    const id = messages[0]?.id as string;
    world.answer = async () => {
      await record(tagged(id, { status: "delivered" }));
      expect(await statusesOf(id)).toEqual({ "ada@example.com": "delivered" });
      return { kind: "accepted", id: "re_1", httpStatus: 200, excerpt: null };
    };
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "delivered" });
  });

  test("of an address that subscribes to events is matched by that address", async () => {
    const endpointId = await world.createEndpoint(tenant, { channel: "email", address: "Ops@example.com" });
    await world.createEndpoint(tenant, {});
    const { messages } = await world.commit(tenant, { messages: [event("order.placed", 1)] });
    await world.runUntilIdle(tenant);
    const id = messages[0]?.id as string;
    await record(tagged(id, { recipients: ["ops@example.com"], status: "complained" }));
    const { deliveries } = await readMessage(env.DB, tenant, id, world.now);
    const recipients = Object.fromEntries(deliveries.map((one) => [one.endpointId, one.recipients]));
    expect(recipients[endpointId]).toMatchObject([{ address: "ops@example.com", status: "complained" }]);
    expect(Object.values(recipients).filter((one) => one === null)).toHaveLength(1);
  });

  test("of an address is certain though the message has other e-mails, and of two with that address is of both", async () => {
    const addresses = ["ops@example.com", "Ops@example.com", "eve@example.com"];
    const ids: string[] = [];
    for (const address of addresses)
      ids.push(await world.createEndpoint(tenant, { channel: "email", address }));
    const { messages } = await world.commit(tenant, { messages: [event("order.placed", 1)] });
    await world.runUntilIdle(tenant);
    const id = messages[0]?.id as string;
    const vague = tagged(id, { isExact: false, recipients: ["ops@example.com"] });
    expect(await record(vague)).toMatchObject({ recorded: 2 });
    expect(await record(vague)).toMatchObject({ recorded: 0, repeated: 2 });
    const { deliveries } = await readMessage(env.DB, tenant, id, world.now);
    const statuses = new Map(deliveries.map((one) => [one.endpointId, one.recipients?.[0]?.status]));
    expect(ids.map((one) => statuses.get(one))).toEqual(["bounced", "bounced", "accepted"]);
    expect(await rows("outbox_suppressions")).toMatchObject([{ address: "ops@example.com" }]);
  });

  test.each([
    ["plain", () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(30_000))))],
    ["gzipped", () => "Hello ".repeat(10_000)],
  ])("does not make its e-mail be read once more: %s", async (_, textOf) => {
    const text = textOf();
    const to = ["Ada <ada@example.com>", "bob@example.com"];
    const id = await send({ to, together: true, cc: "eve@example.com", text });
    const other = await send({ text });
    let answered = 0;
    const counting: Database = {
      prepare: (query) => env.DB.prepare(query),
      batch: async (statements) => {
        const results = await env.DB.batch(statements);
        answered += JSON.stringify(results.map(({ results }) => results)).length;
        return results as never;
      },
    };
    const events = Array.from({ length: 50 }, (_, n) => {
      const recipients = [["ada", "bob", "eve"][n % 3] as string].map((name) => `${name}@example.com`);
      return tagged(n < 49 ? id : other, { status: "delivered", ...(n < 49 && { recipients }) });
    });
    expect(await recordEvents(tools(counting), events)).toMatchObject({ recorded: 50 });
    expect(answered).toBeLessThan(20_000);
    expect(Object.values(await statusesOf(id))).toEqual(["delivered", "delivered", "delivered"]);
  });

  test("may be one of many in a request", async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, () => send()));
    const events = Array.from({ length: 2 * limits.emailEventsAtOnce + 1 }, (_, n) =>
      tagged(ids[n % 3] as string, { status: "delivered" }),
    );
    expect(await recordEvents(tools(), events)).toMatchObject({ recorded: events.length, repeated: 0 });
    for (const id of ids) expect(await statusesOf(id)).toEqual({ "ada@example.com": "delivered" });
  });

  test("that an e-mail is put off is kept some times, and its end for certain", async () => {
    const id = await send();
    for (let n = 0; n < limits.emailDeferralsKept + 5; n++)
      await record(tagged(id, { status: "deferred", at: world.now }));
    expect(await rows("outbox_email_events")).toHaveLength(limits.emailDeferralsKept);
    await record(tagged(id, { status: "expired" }));
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "expired" });
  });

  test("has the instant at which it came if it names none, or one to come", async () => {
    const id = await send();
    await record(
      tagged(id, { status: "deferred", at: world.now + 3600_000 }),
      tagged(id, { status: "delivered" }),
    );
    expect((await recipientsOf(id))?.[0]?.events.map(({ at }) => at)).toEqual([world.now, world.now]);
  });
});

test("an event costs one row, a suppression another, its count two, one that comes again none, and an e-mail without events none", async () => {
  let written = 0;
  const counting: Database = {
    prepare: (query) => env.DB.prepare(query),
    batch: async (statements) => {
      const results = await env.DB.batch(statements);
      written += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
      return results as never;
    },
  };
  const costOf = async (event: ProviderEvent) => {
    written = 0;
    await recordEvents(tools(counting), [event]);
    return written;
  };
  const id = await send();
  expect(await rows("outbox_email_events")).toEqual([]);
  const bounce = tagged(id, { id: "e2" });
  expect(await costOf(tagged(id, { status: "delivered" }))).toBe(1);
  expect(await costOf(bounce)).toBe(4);
  expect(await costOf(bounce)).toBe(0);
});

describe("a hostile event", () => {
  test("that names another tenant's message changes nothing, of either tenant", async () => {
    const other = await world.createTenant();
    const [own, others] = [await send(), await send({}, other)];
    const before = await all();
    const answer = await record(tagged(others), tagged(own, {}, other), tagged(own, {}, "no-such-tenant"));
    expect(answer).toEqual({ recorded: 0, repeated: 0, unmatched: 0, foreign: 3 });
    expect(await all()).toEqual(before);
    expect(await statusesOf(others, other)).toEqual({ "ada@example.com": "accepted" });
    expect(await statusesOf(own)).toEqual({ "ada@example.com": "accepted" });
  });

  test.each<[string, Partial<ProviderEvent>]>([
    ["another recipient", { recipients: ["eve@example.com"] }],
    ["no recipient", { recipients: [] }],
    ["a list in one recipient", { recipients: ["ada@example.com, eve@example.com"] }],
    ["a guessed id", { tags: { messageId: "msg_0000000000000000000000", tenantId: "" } }],
    ["an id that is none", { tags: { messageId: "' OR 1=1 --", tenantId: "" } }],
  ])("with %s is of no e-mail", async (_, given) => {
    const id = await send();
    const before = await all();
    const messageId = given.tags?.messageId ?? id;
    const hostile = tagged(id, { ...given, tags: { messageId, tenantId: tenant } });
    expect(await record(hostile)).toMatchObject({ recorded: 0, foreign: 1 });
    expect(await all()).toEqual(before);
  });

  test("of a message that was purged is of no e-mail, though it came before", async () => {
    const id = await send();
    await send();
    const bounce = tagged(id);
    await record(bounce);
    world.now += world.retentionMs + 1;
    await world.purge();
    expect(await record(bounce)).toMatchObject({ recorded: 0, repeated: 0, foreign: 1 });
    expect(await rows("outbox_email_events")).toEqual([]);
  });

  test("of a deleted tenant is of no e-mail", async () => {
    const id = await send();
    await world.ask((registry) => deleteTenant(registry, tenant));
    expect(await record(tagged(id))).toMatchObject({ recorded: 0, foreign: 1 });
    expect(await rows("outbox_email_events")).toEqual([]);
  });

  test("does not suppress where its provider does not say which of several recipients it means", async () => {
    const both = ["ada@example.com", "bob@example.com"];
    const [one, two] = [await send(), await send({ to: both, together: true })];
    const vague = { isExact: false, recipients: both };
    await record(tagged(two, vague));
    expect(await rows("outbox_suppressions")).toEqual([]);
    await record(tagged(one, { ...vague, recipients: ["ada@example.com"] }));
    expect(await rows("outbox_suppressions")).toMatchObject([{ address: "ada@example.com" }]);
  });
});

describe("an e-mail of a provider whose events bring no tags", () => {
  /** The provider's id of the e-mail: of this test alone. */
  let providerId: string;
  const cloudflare = (given: Partial<ProviderEvent> = {}) => eventWith({ providerId, ...given });
  const kept = async () =>
    (await env.DB.prepare("SELECT id, ref FROM outbox_email_unmatched").all<{ id: string }>()).results;

  beforeEach(async () => {
    await env.DB.prepare("DELETE FROM outbox_email_unmatched").run();
    providerId = crypto.randomUUID();
    const ref = `cloudflare ${providerId}`;
    world.answer = () => ({ kind: "accepted", id: providerId, ref, httpStatus: null, excerpt: null });
  });

  test("is found by the provider's id", async () => {
    const id = await send();
    expect(await record(cloudflare({ id: "e1" }))).toMatchObject({ recorded: 1, unmatched: 0 });
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "bounced" });
  });

  test("gets an event that overtook its record as soon as that is there", async () => {
    const overtaking = cloudflare({ id: "e1", at: world.now });
    expect(await record(overtaking)).toMatchObject({ recorded: 0, unmatched: 1 });
    expect(await record(overtaking)).toMatchObject({ recorded: 0, unmatched: 1 });
    expect(await kept()).toEqual([{ id: "cloudflare e1", ref: `cloudflare ${providerId}` }]);
    await matchKept(tools());
    expect(await kept()).toHaveLength(1);
    const id = await send();
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "accepted" });
    await matchKept(tools());
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "bounced" });
    expect(await kept()).toEqual([]);
    expect(await rows("outbox_suppressions")).toMatchObject([{ address: "ada@example.com" }]);
    expect(await record(overtaking)).toMatchObject({ recorded: 0, repeated: 1, unmatched: 0 });
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "email_events.recorded", kept: 1, recorded: 1 }),
    );
  });

  test("leaves an event kept for seven days, and no longer", async () => {
    await record(cloudflare({ id: "e1" }));
    world.now += emailLimits.emailUnmatchedMs;
    await world.purge();
    expect(await kept()).toHaveLength(1);
    expect(world.events).not.toContainEqual(expect.objectContaining({ event: "email_events.dropped" }));
    world.now += 1;
    await world.purge();
    expect(await kept()).toEqual([]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "email_events.dropped", events: 1 }),
    );
  });

  describe("of whose kept events one cannot be recorded", () => {
    const keep = (id: string, text: string) =>
      env.DB.prepare("INSERT INTO outbox_email_unmatched VALUES (?, ?, ?, ?)")
        .bind(id, `cloudflare ${providerId}`, text, world.now)
        .run();
    const eventsOf = async () => (await rows("outbox_email_events")).map(({ id }) => id);
    const setAside = () => world.events.filter(({ event }) => event === "email_events.set_aside");

    test.each([
      ["no JSON", "D1_ERROR: connection lost"],
      ["an unknown status", JSON.stringify({ ...eventWith({}), status: "bounced_twice" })],
      ["another shape", JSON.stringify({ version: 2, ids: [] })],
    ])("has the others on record: %s", async (_, text) => {
      await record(
        cloudflare({ id: "e1", status: "deferred" }),
        cloudflare({ id: "e3", status: "delivered" }),
      );
      await keep("cloudflare e2", text);
      const id = await send();
      await matchKept(tools());
      expect(await eventsOf()).toEqual(["cloudflare e1 ada@example.com", "cloudflare e3 ada@example.com"]);
      expect(await statusesOf(id)).toEqual({ "ada@example.com": "delivered" });
      expect(await kept()).toEqual([{ id: "cloudflare e2", ref: `aside cloudflare ${providerId}` }]);
      expect(setAside()).toMatchObject([{ id: "cloudflare e2" }]);
      await matchKept(tools());
      expect(setAside()).toHaveLength(1);
      world.now += emailLimits.emailUnmatchedMs + 1;
      await world.purge();
      expect(await kept()).toEqual([]);
    });

    test("has the others on record where D1 refuses it, and it may be tried again by hand", async () => {
      const ids = Array.from({ length: 7 }, (_, n) => `e${n}`);
      await record(...ids.map((id) => cloudflare({ id })));
      await send();
      await env.DB.prepare(`
        CREATE TRIGGER refuses BEFORE INSERT ON outbox_email_events WHEN NEW.id LIKE '% e3 %' OR NEW.id LIKE '% e6 %'
        BEGIN SELECT RAISE(ABORT, 'refused by a constraint'); END`).run();
      await matchKept(tools());
      expect(await eventsOf()).toEqual([0, 1, 2, 4, 5].map((n) => `cloudflare e${n} ada@example.com`));
      expect((await kept()).map(({ id }) => id)).toEqual(["cloudflare e3", "cloudflare e6"]);
      expect(setAside()).toMatchObject([
        { id: "cloudflare e3", error: expect.stringContaining("refused by a constraint") },
        { id: "cloudflare e6" },
      ]);
      await env.DB.prepare("DROP TRIGGER refuses").run();
      await env.DB.prepare(
        "UPDATE outbox_email_unmatched SET ref = substr(ref, 7) WHERE ref LIKE 'aside %'",
      ).run();
      await matchKept(tools());
      expect(await eventsOf()).toHaveLength(ids.length);
      expect(await kept()).toEqual([]);
    });

    test("has all of them kept while D1 is away", async () => {
      await record(cloudflare({ id: "e1" }), cloudflare({ id: "e2" }));
      await send();
      await matchKept(tools(failingDb(env.DB, { after: 1, message: "D1_ERROR: Network connection lost." })));
      expect(await eventsOf()).toEqual([]);
      expect(setAside()).toEqual([]);
      await matchKept(tools());
      expect(await eventsOf()).toHaveLength(2);
    });
  });

  test("is one of its tenant: an event with another recipient is dropped when it is matched", async () => {
    await record(cloudflare({ id: "e1", recipients: ["eve@example.com"] }));
    const id = await send();
    await matchKept(tools());
    expect(await statusesOf(id)).toEqual({ "ada@example.com": "accepted" });
    expect(await kept()).toEqual([]);
  });
});

describe("the system event", () => {
  const told = async () =>
    (await rows("outbox_messages"))
      .filter(({ event_type }) => event_type !== "email")
      .map(({ event_type, payload }) => [event_type, JSON.parse(String(payload))]);

  test("of a bounce, a complaint and an arrival is committed with it, for whoever names it", async () => {
    const listener = await world.createEndpoint(tenant, {
      eventTypes: ["email.bounced", "email.complained", "email.delivered"],
    });
    const id = await send();
    for (const status of ["delivered", "deferred", "soft_bounced", "complained"] as const)
      await record(tagged(id, { status, at: world.now }));
    const about = { tenantId: tenant, messageId: id, eventType: "email", endpointId: "ep_email" };
    const shared = { address: "ada@example.com", provider: "sendgrid", providerMessageId: "re_1" };
    expect(await told()).toEqual([
      ["email.delivered", { ...about, ...shared, detail: expect.any(String), at: expect.any(String) }],
      [
        "email.bounced",
        { ...about, ...shared, bounce: "soft", detail: expect.any(String), at: expect.any(String) },
      ],
      ["email.complained", { ...about, ...shared, detail: expect.any(String), at: expect.any(String) }],
    ]);
    expect(woken).toEqual([tenant, tenant, tenant]);
    await world.onAlarm(tenant);
    await world.consume();
    expect(world.sent.filter(({ endpoint }) => endpoint.id === listener)).toHaveLength(3);
  });

  test("is made for nobody who did not ask for it", async () => {
    await world.createEndpoint(tenant, {});
    const id = await send();
    await record(tagged(id));
    expect(await told()).toEqual([]);
    expect(woken).toEqual([]);
  });

  test("that itself came as an e-mail, and bounced, makes no other one", async () => {
    await world.createEndpoint(tenant, {
      channel: "email",
      address: "ops@example.com",
      eventTypes: ["email.bounced"],
    });
    await record(tagged(await send()));
    await world.onAlarm(tenant);
    await world.consume();
    const notice = world.sent.at(-1);
    expect(notice).toMatchObject({ eventType: "email.bounced", endpoint: { target: "ops@example.com" } });
    const bounced = tagged(notice?.messageId as string, { recipients: ["ops@example.com"] });
    expect(await record(bounced)).toMatchObject({ recorded: 1 });
    expect(await told()).toHaveLength(1);
  });
});

/** Carries everything out, and does not answer the second batch, which writes. */
function forgetful(): Database {
  let batches = 0;
  return {
    prepare: (query) => env.DB.prepare(query),
    batch: async (statements) => {
      const results = await env.DB.batch(statements);
      if (++batches === 2) throw new Error("D1_ERROR: Network connection lost.");
      return results as never;
    },
  };
}

describe("when D1 fails", () => {
  test("in the middle of it, nothing is written, and the event is taken when it comes again", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["email.bounced"] });
    const id = await send();
    const before = await all();
    const bounce = tagged(id);
    const failing = failingDb(env.DB, { after: 2, message: "D1_ERROR: database is locked: SQLITE_BUSY" });
    await expect(recordEvents(tools(failing), [bounce])).rejects.toThrow("locked");
    expect(await all()).toEqual(before);
    expect(await record(bounce)).toMatchObject({ recorded: 1 });
  });

  test("to answer, everything is written once, though the event comes again", async () => {
    await world.createEndpoint(tenant, { eventTypes: ["email.bounced"] });
    const bounce = tagged(await send());
    await expect(recordEvents(tools(forgetful()), [bounce])).rejects.toThrow("lost");
    const after = await all();
    expect([after.events.length, after.suppressions.length, after.messages.length]).toEqual([1, 1, 2]);
    expect(await record(bounce)).toMatchObject({ recorded: 0, repeated: 1 });
    expect(await all()).toEqual(after);
  });
});
