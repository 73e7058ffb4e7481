import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import type { Database } from "../../src/db/database.ts";
import type { ProviderEvent } from "../../src/email-events/provider-event.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email, event } from "../../src/outbox/message.ts";
import { emailEventLimits as limits } from "../../src/platform/email-event-limits.ts";
import { limits as platformLimits } from "../../src/platform/limits.ts";
import { liftSuppression, listSuppressions, putSuppression } from "../../src/registry/suppressions.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { purgeSuppressions } from "../../src/upkeep/statements.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { d1Error } from "../support/faults/d1-words.ts";
import { immortal } from "../support/faults/life.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

const DAY = 24 * 3600_000;
const { softBounce, hardBounce } = limits.suppressedMs;

let world: World;
let tenant: string;
/** E-mails as the provider gets them. */
let sent: Envelope[];
/** Number of times that leave to send was asked for. */
let asked: number;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  sent = [];
  asked = 0;
  const provider: EmailProvider = {
    async send(envelope): Promise<Reply> {
      sent.push(envelope);
      return { kind: "accepted", id: "re_1", httpStatus: 200, excerpt: null };
    },
  };
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  world.admit = (applicant) => {
    asked++;
    return channel.admit?.(applicant) ?? Promise.resolve({ waitMs: 0 });
  };
  world.answer = (dispatch) => channel.deliver(dispatch, never());
});

afterEach(() => checkInvariants(env.DB, tenant));

async function send(content: object = {}): Promise<string> {
  const { messages } = await world.commit(tenant, {
    messages: [email({ to: "Ada <Ada@example.com>", subject: "Hello", text: "Hello", ...content })],
  });
  await world.runUntilIdle(tenant);
  return messages[0]?.id as string;
}

function record(messageId: string, given: Partial<ProviderEvent> = {}) {
  const { db, clock, random, log } = world;
  const tools = { db, clock, random, log, systemEventsTenant: undefined, wake: () => {} };
  return recordEvents(tools, [eventWith({ tags: { messageId, tenantId: tenant }, ...given })]);
}

const suppress = (address: string, until?: number) =>
  putSuppression(world.registryTools(), tenant, { address, until, note: undefined });
const inForce = async () => (await listSuppressions(env.DB, tenant, { limit: 10 }, world.now)).entries;
const deliveryOf = async (id: string) => (await readMessage(env.DB, tenant, id, world.now)).deliveries[0];

describe("an e-mail to a suppressed address", () => {
  test("is dead after one attempt, for which nobody was called or asked", async () => {
    await suppress("ada@example.com");
    const id = await send();
    expect(await deliveryOf(id)).toMatchObject({
      state: "dead",
      reason: "suppressed",
      attempts: [{ number: 1, outcome: "dead", error: "suppressed", httpStatus: null }],
      recipients: [{ address: "ada@example.com", status: "suppressed", bounce: null, events: [] }],
    });
    expect(sent).toEqual([]);
    expect(asked).toBe(0);
    const { failing_since } = (await env.DB.prepare(
      "SELECT failing_since FROM outbox_endpoints WHERE tenant_id = ? AND id = 'ep_email'",
    )
      .bind(tenant)
      .first()) as { failing_since: number | null };
    expect(failing_since).toBeNull();
  });

  test("goes to the other recipients, and the trace tells who got none", async () => {
    await suppress("bob@example.com");
    await suppress("eve@example.com");
    const id = await send({
      to: ["ada@example.com", "Bob <bob@example.com>"],
      together: true,
      cc: "eve@example.com",
      bcc: "zoe@example.com",
    });
    expect(sent).toMatchObject([{ to: ["ada@example.com"], bcc: ["zoe@example.com"] }]);
    expect(sent[0]).not.toHaveProperty("cc");
    const delivery = await deliveryOf(id);
    expect(delivery?.state).toBe("delivered");
    expect(delivery?.recipients?.map(({ address, status }) => [address, status])).toEqual([
      ["ada@example.com", "accepted"],
      ["bob@example.com", "suppressed"],
      ["eve@example.com", "suppressed"],
      ["zoe@example.com", "accepted"],
    ]);
  });

  test("is sent to nobody if only copies are left", async () => {
    await suppress("ada@example.com");
    const id = await send({ cc: "bob@example.com" });
    expect(await deliveryOf(id)).toMatchObject({ state: "dead", reason: "suppressed" });
    expect(sent).toEqual([]);
  });

  test("is none when the suppression is another tenant's, over, or lifted", async () => {
    const other = await world.createTenant();
    await putSuppression(world.registryTools(), other, {
      address: "ada@example.com",
      until: undefined,
      note: undefined,
    });
    await suppress("ada@example.com", world.now + 1000);
    world.now += 1000;
    await send();
    expect(sent).toHaveLength(1);
    await suppress("ada@example.com");
    const id = await send();
    expect(sent).toHaveLength(1);
    await liftSuppression(world.registryTools(), tenant, "ada@example.com");
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await world.runUntilIdle(tenant);
    expect(sent).toHaveLength(2);
    expect(await deliveryOf(id)).toMatchObject({ state: "delivered", recipients: [{ status: "accepted" }] });
  });

  test("may be one about an event", async () => {
    await world.createEndpoint(tenant, { channel: "email", address: "Ops@example.com" });
    await suppress("ops@example.com");
    const { messages } = await world.commit(tenant, { messages: [event("order.placed", 1)] });
    await world.runUntilIdle(tenant);
    expect(await deliveryOf(messages[0]?.id as string)).toMatchObject({
      state: "dead",
      reason: "suppressed",
    });
    expect(sent).toEqual([]);
  });

  test("does not keep the others of its pack from being sent", async () => {
    await suppress("ada@example.com");
    await world.commit(tenant, {
      messages: ["ada@example.com", "bob@example.com", "ada@example.com", "eve@example.com"].map((to) =>
        email({ to, subject: "Hello", text: "Hello" }),
      ),
    });
    await world.runUntilIdle(tenant);
    expect(sent.flatMap(({ to }) => to).toSorted()).toEqual(["bob@example.com", "eve@example.com"]);
  });
});

/** D1 that refuses batches with such statements as full, and answers no statement but in a batch, where calls are counted. */
function fullFor(words: RegExp): Database {
  const refused = new WeakSet<object>();
  const prepare = (query: string) => {
    const statement = env.DB.prepare(query);
    const bind = (...values: unknown[]) => {
      const bound = statement.bind(...values);
      if (words.test(query)) refused.add(bound);
      const all = () => {
        throw new Error(`outside of a batch: ${query}`);
      };
      return Object.assign(bound, { all });
    };
    return Object.assign(Object.create(statement), { bind });
  };
  const batch = async (statements: D1PreparedStatement[]) => {
    if (statements.some((one) => refused.has(one))) throw d1Error("database or disk is full: SQLITE_FULL");
    return env.DB.batch(statements);
  };
  return { prepare, batch } as never;
}

test("a full database has no room for suppressed recipients, and their e-mail is settled all the same", async () => {
  await suppress("bob@example.com");
  const { messages } = await world.commit(tenant, {
    messages: [
      email({
        to: ["ada@example.com", "bob@example.com"],
        together: true,
        subject: "Hello",
        text: "Hello",
      }),
    ],
  });
  await world.onAlarm(tenant);
  await world.consume({ ...immortal, db: () => fullFor(/INTO outbox_(?:sums|email_events)/) });
  expect(await deliveryOf(messages[0]?.id as string)).toMatchObject({ state: "delivered" });
  await world.runUntilIdle(tenant);
  expect(sent).toMatchObject([{ to: ["ada@example.com"] }]);
  // Its sums are one short for ever: what follows must not look at them.
  tenant = await world.createTenant();
});

describe("an address is suppressed", () => {
  test("for a day after a soft bounce, for seven after a hard one, for ever after that of a second message", async () => {
    const [first, second] = [await send(), await send()];
    await record(first, { status: "soft_bounced", at: world.now });
    expect(await inForce()).toMatchObject([{ reason: "soft_bounce", until: world.now + softBounce }]);
    await record(first, { at: world.now });
    expect(await inForce()).toMatchObject([{ reason: "hard_bounce", until: world.now + hardBounce }]);
    await record(first, { at: world.now + 1 });
    expect(await inForce()).toMatchObject([{ until: world.now + hardBounce }]);
    world.now += hardBounce - 1;
    expect(await inForce()).toHaveLength(1);
    world.now += 1;
    expect(await inForce()).toEqual([]);
    await record(second);
    expect(await inForce()).toMatchObject([{ reason: "hard_bounce", until: null }]);
    await send();
    expect(sent).toHaveLength(2);
  });

  test("for ever after a complaint, whatever comes later", async () => {
    const id = await send();
    await record(id, { status: "complained" });
    await record(id, { status: "soft_bounced" });
    await record(id, { status: "delivered" });
    expect(await inForce()).toMatchObject([{ reason: "complaint", until: null }]);
  });

  test.each(["deferred", "delivered", "expired", "failed", "suppressed"] as const)(
    "not by what is %s",
    async (status) => {
      await record(await send(), { status });
      expect(await inForce()).toEqual([]);
    },
  );

  test("by a person for as long as that says, and a bounce shortens nothing", async () => {
    const id = await send();
    await suppress("ada@example.com", world.now + 30 * DAY);
    await record(id);
    expect(await inForce()).toMatchObject([{ reason: "by_request", until: world.now + 30 * DAY }]);
    await expect(suppress("ada@example.com", world.now)).rejects.toMatchObject({
      failure: { code: "invalid_input", fields: [{ path: "until" }] },
    });
  });

  test("by request so many times and no more; bounces do not count, and what is there may be changed", async () => {
    const addresses = Array.from(
      { length: platformLimits.suppressionsPerTenant - 1 },
      (_, n) => `a${n}@example.com`,
    );
    await env.DB.prepare(
      `INSERT INTO outbox_suppressions (tenant_id, address, reason, until, created_at, updated_at)
       SELECT ?1, value, 'by_request', ?3, 0, 0 FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(addresses), world.now + 1)
      .run();
    await record(await send());
    await suppress("bob@example.com");
    await suppress("bob@example.com", world.now + DAY);
    for (const address of ["ada@example.com", "eve@example.com"]) {
      await expect(suppress(address)).rejects.toMatchObject({
        failure: { code: "suppression_limit_reached", limit: platformLimits.suppressionsPerTenant },
      });
    }
    await liftSuppression(world.registryTools(), tenant, "a0@example.com");
    await suppress("ada@example.com");
    expect(
      (await listSuppressions(env.DB, tenant, { limit: 1, address: "ada@example.com" }, world.now)).entries,
    ).toMatchObject([{ reason: "by_request" }]);
  });

  test("no more when that was lifted, and an event of before that comes again", async () => {
    const id = await send();
    const bounce = { id: "e1" };
    await record(id, bounce);
    await liftSuppression(world.registryTools(), tenant, "ada@example.com");
    await record(id, bounce);
    expect(await inForce()).toEqual([]);
  });

  test("in no deleted tenant, and in none that never was", async () => {
    await suppress("ada@example.com");
    await world.ask((tools) => deleteTenant(tools, tenant));
    const { results } = await env.DB.prepare("SELECT * FROM outbox_suppressions WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(results).toEqual([]);
    const gone = { code: "tenant_not_found" };
    await expect(suppress("ada@example.com")).rejects.toMatchObject(gone);
    await expect(liftSuppression(world.registryTools(), tenant, "ada@example.com")).rejects.toMatchObject(
      gone,
    );
    await expect(listSuppressions(env.DB, "no-such-tenant", { limit: 1 }, world.now)).rejects.toMatchObject(
      gone,
    );
  });
});

test("the purge removes what came back with its message, and suppressions that have long been over", async () => {
  const id = await send();
  await send();
  await record(id, { status: "soft_bounced" });
  const count = async (table: string) =>
    await env.DB.prepare(`SELECT count(*) AS count FROM ${table} WHERE tenant_id = ?`)
      .bind(tenant)
      .first("count");
  world.now += world.retentionMs + 1;
  await world.purge();
  expect(await count("outbox_messages")).toBe(1);
  expect(await count("outbox_email_events")).toBe(0);
  expect(await count("outbox_suppressions")).toBe(1);
  world.now += world.deadRetentionMs + softBounce;
  await world.purge();
  expect(await count("outbox_suppressions")).toBe(0);
});

test("the purge removes so many suppressions in a step, and the others in a later one", async () => {
  const addresses = Array.from(
    { length: platformLimits.suppressionsPerPurgeStep + 1 },
    (_, n) => `a${n}@example.com`,
  );
  await env.DB.prepare(
    `INSERT INTO outbox_suppressions (tenant_id, address, reason, until, created_at, updated_at)
     SELECT ?1, value, 'soft_bounce', 1, 0, 0 FROM json_each(?2)`,
  )
    .bind(tenant, JSON.stringify(addresses))
    .run();
  const left = [];
  for (let step = 0; step < 2; step++) {
    await purgeSuppressions(env.DB, tenant, world.now).run();
    left.push(
      await env.DB.prepare("SELECT count(*) AS n FROM outbox_suppressions WHERE tenant_id = ?")
        .bind(tenant)
        .first("n"),
    );
  }
  expect(left).toEqual([1, 0]);
});
