/** E-mails to several recipients, from the commit to the provider. */
import { env } from "cloudflare:workers";
import { html } from "hono/html";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { attachments } from "../../src/attachments.ts";
import type { Reply } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import type { CommitRequest } from "../../src/outbox/commit.ts";
import { email, event, type MessageInput, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { updateTenant } from "../../src/registry/tenants.ts";
import { emailTemplates } from "../../src/templates/email-templates.ts";
import { listEmails } from "../../src/trace/emails.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { change } from "../../src/unsubscribe/change.ts";
import { writeLink } from "../../src/unsubscribe/write-link.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, query, statesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { never } from "../support/outside/signals.ts";
import { linksWith } from "../support/secrets/links.ts";
import { ACCEPTED, World } from "../support/world.ts";

const TO = ["Ada <ada@example.com>", "bob@example.com", "Eve <eve@example.com>"];
const MAIL = { to: TO, subject: "Hello", text: "Hello" };

let world: World;
let tenant: string;
/** E-mails as the provider gets them. */
let sent: Envelope[];

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  sent = [];
  use({
    async send(envelope): Promise<Reply> {
      sent.push(envelope);
      return { kind: "accepted", id: `re_${sent.length}`, httpStatus: 200, excerpt: null };
    },
  });
});

afterEach(() => checkInvariants(env.DB, tenant));

function use(provider: EmailProvider): void {
  const { admit, batch, deliver } = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  Object.assign(world, { admit, batch });
  world.answer = (dispatch) =>
    dispatch.endpoint.id === "ep_email" ? deliver(dispatch, never()) : Promise.resolve(ACCEPTED);
}

type Content = Parameters<typeof email>[0];
const mail = (content: Partial<Content> = {}) => email({ ...MAIL, ...content });
const commit = (...messages: MessageInput[]) => world.commit(tenant, { messages });
/** Ids of the e-mails that one has become. */
const split = async (content: Partial<Content> = {}, options: Parameters<typeof email>[1] = {}) => {
  const { messages } = await commit(email({ ...MAIL, ...content }, options));
  return messages[0]?.emails?.map(({ id }) => id) ?? [];
};
const payloads = async () =>
  (
    await query<{ payload: string }>(
      "SELECT payload FROM outbox_messages WHERE tenant_id = ? ORDER BY id",
      tenant,
    )
  ).map(({ payload }) => JSON.parse(payload));
const recipientsOf = async (id: string) =>
  (await readMessage(env.DB, tenant, id, world.now)).deliveries[0]?.recipients;
const refusalOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error) => error.failure,
  );
const nothingWritten = async () =>
  expect([await countRows("messages", tenant), await countRows("idempotency_keys", tenant)]).toEqual([0, 0]);
const ofSize = (to: readonly string[], length: number): Content => {
  const bare = { to: [to[0] ?? ""], subject: "x", text: "" };
  return { ...bare, to: [...to], text: "x".repeat(length - JSON.stringify(bare).length) };
};
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `a${String(n + from).padStart(3, "0")}@example.com`);

describe("an e-mail to several", () => {
  test("is one for each, in the order of `to`, and nobody sees the others", async () => {
    const ids = await split();
    await world.runUntilIdle(tenant);
    expect(sent.map(({ messageId, to }) => [messageId, to])).toEqual(ids.map((id, n) => [id, [TO[n]]]));
    expect(new Set(sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
    expect(await payloads()).toEqual(TO.map((one) => ({ ...MAIL, to: [one], from: "us@example.com" })));
    const { entries } = await listEmails(env.DB, tenant, { limit: 10 });
    expect(entries.map(({ to }) => to)).toEqual(TO.map((one) => [one]).toReversed());
  });

  test("has a state for each: one suppressed, one bounced, the others as they were", async () => {
    await putSuppression(world.registryTools(), tenant, {
      address: "bob@example.com",
      until: undefined,
      note: undefined,
    });
    const [ada = "", bob = "", eve = ""] = await split();
    await world.runUntilIdle(tenant);
    expect(sent.map(({ to }) => to[0])).toEqual([TO[0], TO[2]]);
    const { db, clock, random, log } = world;
    const tools = { db, clock, random, log, systemEventsTenant: undefined, wake: () => {} };
    // A provider that does not tell which of several it means: there is only one.
    const bounced = { isExact: false, recipients: ["eve@example.com"] };
    await recordEvents(tools, [eventWith({ tags: { messageId: eve, tenantId: tenant }, ...bounced })]);
    const found = await Promise.all([ada, bob, eve].map(recipientsOf));
    expect(found.map((list) => list?.map(({ address, status }) => [address, status]))).toEqual([
      [["ada@example.com", "accepted"]],
      [["bob@example.com", "suppressed"]],
      [["eve@example.com", "bounced"]],
    ]);
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    const suppressed = await query("SELECT address FROM outbox_suppressions WHERE tenant_id = ?", tenant);
    expect(suppressed).toEqual([{ address: "bob@example.com" }, { address: "eve@example.com" }]);
  });

  test("shares a request where the provider takes several", async () => {
    const provider = new BatchProvider();
    use(provider);
    const ids = await split();
    await world.runUntilIdle(tenant);
    expect(provider.batches.map(({ ids }) => ids)).toEqual([ids]);
    expect(provider.sent).toEqual(ids);
  });

  test("names an address once, as it is named first", async () => {
    const to = ["Ada <Ada@Example.com>", "bob@example.com", "ADA@example.COM", "Robert <bob@example.com>"];
    const { messages } = await commit(mail({ to }));
    expect(messages[0]?.emails?.map((one) => one.to)).toEqual(["Ada <Ada@Example.com>", "bob@example.com"]);
    expect(await countRows("messages", tenant)).toBe(2);
  });

  test("that is to one under two names is one, with its copies", async () => {
    const { messages } = await commit(
      mail({ to: ["Ada <ada@example.com>", "ADA@example.com"], cc: "zoe@example.com" }),
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]).not.toHaveProperty("emails");
    expect(await payloads()).toMatchObject([{ to: ["Ada <ada@example.com>"], cc: ["zoe@example.com"] }]);
  });

  test("with an ordering key goes out one after another", async () => {
    const ids = await split({}, { orderingKey: "k" });
    expect((await deliveriesOf(tenant)).map(({ behind }) => behind)).toEqual([0, 1, 1]);
    await world.runUntilIdle(tenant);
    expect(sent.map(({ messageId }) => messageId)).toEqual(ids);
  });

  test("is scheduled, and expires, for each", async () => {
    const deliverAt = new Date(world.now + 60_000);
    await commit(
      email({ ...MAIL, to: TO.slice(0, 2), expiresAt: new Date(world.now + 90_000) }, { deliverAt }),
    );
    world.now += 100_000;
    await world.runUntilIdle(tenant);
    expect((await deliveriesOf(tenant)).map(({ state, reason }) => [state, reason])).toEqual([
      ["cancelled", "expired"],
      ["cancelled", "expired"],
    ]);
  });

  test("writes as many rows as so many e-mails", async () => {
    const rowsOf = async (...messages: MessageInput[]) => {
      const { db, bill } = countingDb(env.DB);
      const counted: Life = { ...immortal, db: () => db };
      await world.commit(tenant, { messages, idempotencyKey: crypto.randomUUID() }, counted);
      return bill.rowsWritten;
    };
    const each = await rowsOf(...TO.map((to) => mail({ to })));
    expect(await rowsOf(mail())).toBe(each);
    expect(await rowsOf(mail({ together: true }))).toBe(await rowsOf(mail({ to: "ada@example.com" })));
  });

  test("from a template is the same content to each", async () => {
    const letter = emailTemplates({
      news: { render: ({ of }: { of: string }) => ({ subject: `News of ${of}`, html: html`<p>${of}</p>` }) },
    });
    await commit(await letter("news", { of: "tea" }, { to: TO }));
    expect(await payloads()).toMatchObject(
      TO.map((to) => ({ to: [to], subject: "News of tea", html: "<p>tea</p>", text: "tea" })),
    );
  });

  test("counts for each where the tenant has a quota, and leaves nothing behind beyond it", async () => {
    await updateTenant(world.registryTools(), tenant, { quota: { emailsPerDay: 4 } });
    await commit(mail());
    expect(await refusalOf(commit(mail({ to: TO.slice(0, 2) })))).toMatchObject({ code: "quota_exceeded" });
    expect(await countRows("messages", tenant)).toBe(3);
    await commit(mail({ together: true }));
  });
});

describe("an e-mail to all together", () => {
  test("is one, whose recipients see each other", async () => {
    const { messages } = await commit(mail({ together: true, cc: "zoe@example.com" }));
    await world.runUntilIdle(tenant);
    expect(messages).toHaveLength(1);
    expect(messages[0]).not.toHaveProperty("emails");
    expect(sent).toMatchObject([{ to: TO, cc: ["zoe@example.com"] }]);
    expect(sent[0]).not.toHaveProperty("together");
    expect(await payloads()).toMatchObject([{ to: TO, together: true }]);
    expect((await recipientsOf(messages[0]?.id ?? ""))?.length).toBe(4);
  });

  test.each([true, false, null])("to one is stored as any other, with together: %s", async (together) => {
    const to = "ada@example.com";
    const { messages } = await commit(mail({ to, together, cc: "zoe@example.com" }));
    const [stored] = await payloads();
    expect(stored).toEqual({ ...MAIL, to: [to], cc: ["zoe@example.com"], from: "us@example.com" });
    expect(messages[0]).not.toHaveProperty("emails");
  });

  test("that was committed before there was a choice is sent as it was", async () => {
    const id = (await commit(mail({ together: true }))).messages[0]?.id;
    await env.DB.prepare(
      "UPDATE outbox_messages SET payload = json_remove(payload, '$.together') WHERE tenant_id = ?",
    )
      .bind(tenant)
      .run();
    await world.runUntilIdle(tenant);
    expect(sent).toMatchObject([{ messageId: id, to: TO }]);
  });
});

describe("a topic", () => {
  const links = linksWith("k1");

  beforeEach(() => {
    world.writeLink = (...given) => writeLink(links, ...given);
  });

  test("gives each recipient a link of their own, and takes them off one by one", async () => {
    await commit(mail({ topic: "newsletter", text: "No more: {{unsubscribe}}" }));
    const stored = await payloads();
    expect(new Set(stored.map(({ unsubscribe }) => unsubscribe)).size).toBe(3);
    expect(stored.every(({ text, unsubscribe }) => text === `No more: ${unsubscribe}`)).toBe(true);
    const tools = { ...world.registryTools(), systemEventsTenant: undefined };
    await change(tools, { tenantId: tenant, topic: "newsletter", address: "bob@example.com" }, "out");
    await world.runUntilIdle(tenant);
    expect((await deliveriesOf(tenant)).map(({ state, reason }) => [state, reason])).toEqual([
      ["delivered", null],
      ["cancelled", "unsubscribed"],
      ["delivered", null],
    ]);
  });

  test("is refused together, and leaves nothing behind", async () => {
    expect(await refusalOf(commit(mail({ topic: "newsletter", together: true })))).toMatchObject({
      code: "invalid_input",
      fields: [{ path: "messages[0].payload.to", message: expect.stringContaining("leave together out") }],
    });
    await nothingWritten();
  });
});

describe("what several e-mails would repeat", () => {
  const REFUSED = {
    code: "invalid_input",
    fields: [
      { path: "messages[1].payload.to", message: expect.stringMatching(/one recipient.*together: true/) },
    ],
  };

  test.each([[{ cc: "zoe@example.com" }], [{ bcc: ["zoe@example.com"] }]])(
    "is refused as %j, with the remedy, and leaves nothing behind",
    async (copies) => {
      const request = { messages: [event("a", 1), mail(copies)], idempotencyKey: "k" };
      expect(await refusalOf(world.commit(tenant, request))).toEqual(REFUSED);
      await nothingWritten();
      await commit(event("a", 1), mail({ ...copies, together: true }));
    },
  );

  test("is refused as another endpoint of the message, which takes one of several together", async () => {
    const endpointIds = ["ep_email", await world.createEndpoint(tenant)];
    const to = (payload: unknown) => ({ eventType: "a.b", payload, endpointIds });
    expect(await refusalOf(commit(event("a", 1), to(MAIL)))).toEqual(REFUSED);
    await nothingWritten();
    for (const payload of [
      { ...MAIL, together: true },
      { ...MAIL, to: "ada@example.com" },
    ]) {
      expect((await commit(to(payload))).messages).toMatchObject([{ deliveries: 2 }]);
    }
  });

  test("is told once: a sender that is not the tenant's, a file that is not there", async () => {
    await updateTenant(world.registryTools(), tenant, { senders: ["us@acme.example"] });
    expect(await refusalOf(commit(mail({ from: "ceo@bank.example" })))).toMatchObject({
      code: "sender_not_allowed",
      fields: [{ path: "messages[0].payload.from" }],
    });
    await updateTenant(world.registryTools(), tenant, { senders: null });
    world.files = env.EMAIL_ATTACHMENTS;
    const file = { filename: "a.pdf", type: "application/pdf", r2: `${tenant}/none` };
    const failure = await refusalOf(commit(mail({ attachments: [file] })));
    expect(failure.fields).toEqual([
      { path: "messages[0].payload.attachments[0].r2", message: expect.any(String) },
    ]);
    await nothingWritten();
  });

  test("is read once: a file in R2 goes with each", async () => {
    world.files = env.EMAIL_ATTACHMENTS;
    const key = `${tenant}/${crypto.randomUUID()}`;
    await env.EMAIL_ATTACHMENTS.put(key, "%PDF");
    let reads = 0;
    world.files = {
      get: (name) => {
        reads++;
        return env.EMAIL_ATTACHMENTS.get(name);
      },
    };
    await commit(mail({ attachments: [{ filename: "a.pdf", type: "application/pdf", r2: key }] }));
    expect(reads).toBe(1);
    const { withFiles } = attachments.of(env.EMAIL_ATTACHMENTS);
    const taken: Envelope[] = [];
    const send = async (envelope: Envelope) => {
      taken.push(envelope);
      return ACCEPTED;
    };
    const channel = emailChannel({ send }, "us@example.com", ownDesk(world.clock), withFiles);
    world.batch = channel.batch;
    world.answer = (dispatch) => channel.deliver(dispatch, never());
    await world.runUntilIdle(tenant);
    expect(taken.map(({ attachments }) => attachments)).toMatchObject(
      Array(3).fill([{ content: btoa("%PDF") }]),
    );
  });
});

describe("the answer of a commit", () => {
  const request = (): CommitRequest => ({
    messages: [event("a", 1), mail(), mail({ to: "zoe@example.com" }), mail({ to: TO.slice(1) })],
    idempotencyKey: "k",
  });

  test("has an entry for each message that it was given, and its e-mails with it", async () => {
    const { messages } = await world.commit(tenant, request());
    expect(messages.map(({ sequence, eventType }) => [sequence, eventType])).toEqual([
      [1, "a"],
      [2, "email"],
      [5, "email"],
      [6, "email"],
    ]);
    expect(messages.map(({ emails }) => emails?.map(({ sequence, to }) => [sequence, to]))).toEqual([
      undefined,
      TO.map((to, n) => [2 + n, to]),
      undefined,
      TO.slice(1).map((to, n) => [6 + n, to]),
    ]);
    expect(messages[1]?.id).toBe(messages[1]?.emails?.[0]?.id);
    for (const { id, to } of messages[3]?.emails ?? []) {
      expect(JSON.parse((await readMessage(env.DB, tenant, id)).payload)).toMatchObject({ to: [to] });
    }
  });

  test("is the same for a repetition, and after its own answer was lost", async () => {
    const first = await world.commit(tenant, request());
    expect(await world.commit(tenant, request())).toEqual({ ...first, duplicate: true });
    let isLost = false;
    const losing: Life = {
      ...immortal,
      db: (db) => ({
        prepare: (text) => db.prepare(text),
        batch: async <T>(statements: D1PreparedStatement[]) => {
          const results = await env.DB.batch<T>(statements);
          if (isLost) return results;
          isLost = true;
          throw new Error("D1_ERROR: Network connection lost.");
        },
      }),
    };
    const { idempotencyKey: _, ...unkeyed } = request();
    const found = await world.commit(tenant, unkeyed, losing);
    expect(found.messages.map(({ emails }) => emails?.length)).toEqual([undefined, 3, undefined, 2]);
    expect(await countRows("messages", tenant)).toBe(2 * 7);
  });

  test("of a repetition has the e-mails that are left of those that were purged", async () => {
    const [, first] = (await world.commit(tenant, request())).messages;
    const [, second] = first?.emails ?? [];
    await env.DB.batch(
      ["deliveries", "messages"].map((table) =>
        env.DB.prepare(
          table === "messages"
            ? "DELETE FROM outbox_messages WHERE tenant_id = ? AND nonce = ?"
            : "DELETE FROM outbox_deliveries WHERE tenant_id = ? AND seq = ?",
        ).bind(tenant, table === "messages" ? second?.id.slice(-13) : second?.sequence),
      ),
    );
    const { messages } = await world.commit(tenant, request());
    expect(messages.map(({ sequence }) => sequence)).toEqual([1, 2, 5, 6]);
    expect(messages[1]?.emails).toEqual(first?.emails?.filter(({ id }) => id !== second?.id));
    // What was taken away by hand has no place in the invariants.
    tenant = await world.createTenant();
  });

  test.each([
    ["together", { together: true }],
    ["to others", { to: [...TO, "zoe@example.com"] }],
    ["in another order", { to: TO.toReversed() }],
  ])("is a conflict %s under its key", async (_, content) => {
    await world.commit(tenant, { messages: [mail()], idempotencyKey: "k" });
    const other = world.commit(tenant, { messages: [mail(content)], idempotencyKey: "k" });
    expect(await refusalOf(other)).toMatchObject({ code: "idempotency_conflict" });
    expect(await countRows("messages", tenant)).toBe(3);
  });
});

describe("a commit", () => {
  test("has all e-mails with the app's rows, or nothing", async () => {
    await env.DB.exec("CREATE TABLE IF NOT EXISTS app_mailings (id TEXT PRIMARY KEY) STRICT");
    const row = () => env.DB.prepare("INSERT INTO app_mailings VALUES (?)").bind(tenant);
    const rows = () => query("SELECT id FROM app_mailings WHERE id = ?", tenant);
    const missing = { eventType: "a", payload: 1, endpointIds: ["ep_none"] };
    await expect(
      world.commit(tenant, { writes: [row()], messages: [mail(), missing] }),
    ).rejects.toMatchObject({ code: "endpoint_not_found" });
    await nothingWritten();
    expect(await rows()).toEqual([]);
    await world.commit(tenant, { writes: [row()], messages: [mail()] });
    await expect(world.commit(tenant, { writes: [row()], messages: [mail()] })).rejects.toThrow(/UNIQUE/);
    expect([(await rows()).length, await countRows("messages", tenant)]).toEqual([1, 3]);
  });

  test("takes 100 messages, an e-mail for each recipient, and not one more", async () => {
    const most = limits.recipients;
    const [full, half] = [mail({ to: many(most) }), mail({ to: many(most - 1, most) })];
    const refused = world.commit(tenant, { messages: [full, half, event("a", 1), event("a", 2)] });
    expect(await refusalOf(refused)).toEqual({
      code: "invalid_input",
      fields: [
        {
          path: "messages[1].payload.to",
          message: expect.stringMatching(/more than 100 messages of a commit.*name fewer/),
        },
      ],
    });
    await nothingWritten();
    const { messages } = await commit(full, half, event("a", 1));
    expect(messages.map(({ emails }) => emails?.length)).toEqual([most, most - 1, undefined]);
    expect(await countRows("messages", tenant)).toBe(limits.messagesPerCommit);
  });

  test("takes 4 MiB of repeated payloads, and not one character more", async () => {
    const copies = 33;
    const length = Math.floor(limits.batchBodyBytes / (copies - 1));
    const addresses = many(copies);
    const extra = JSON.stringify(addresses).length - JSON.stringify([addresses[0]]).length;
    const fits = email(ofSize(addresses, length - extra));
    expect(JSON.stringify(fits.payload).length * (copies - 1)).toBe(limits.batchBodyBytes);
    const [more, other] = [email(ofSize(addresses, length - extra + 1)), mail({ to: TO.slice(1) })];
    for (const messages of [[more], [fits, other]]) {
      expect(await refusalOf(world.commit(tenant, { messages }))).toEqual({
        code: "invalid_input",
        fields: [
          {
            path: `messages[${messages.length - 1}].payload.to`,
            message: expect.stringContaining(
              `${limits.batchBodyBytes} characters; name fewer, or files by r2`,
            ),
          },
        ],
      });
    }
    await nothingWritten();
    await commit(fits, event("a", 1), mail({ to: "zoe@example.com" }), mail({ together: true }));
    expect(await countRows("messages", tenant)).toBe(copies + 3);
  });
});

describe("a handler", () => {
  const returning = (count: number) => {
    world.handlers = { names: new Set(["mail"]), forWork: new Set(["mail"]), subscribedTo: () => [] };
    const { answer } = world;
    world.answer = (dispatch, ...rest) =>
      dispatch.endpoint.target === "mail"
        ? { ...ACCEPTED, effects: { messages: [mail({ to: many(count) })] } }
        : answer(dispatch, ...rest);
    return commit(work("mail", 1));
  };

  test("returns e-mails to several, one for each", async () => {
    await returning(limits.effectsPerHandler);
    await world.runUntilIdle(tenant);
    expect(sent.map(({ to }) => to[0])).toEqual(many(limits.effectsPerHandler));
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("is refused beyond its limit, and nothing of it is written", async () => {
    world.retrySchedule = [];
    await returning(limits.effectsPerHandler + 1);
    await world.runUntilIdle(tenant);
    expect(await countRows("messages", tenant)).toBe(1);
    const [only] = await query<{ error: string; excerpt: string }>(
      "SELECT error, excerpt FROM outbox_attempts WHERE tenant_id = ?",
      tenant,
    );
    expect(only).toMatchObject({
      error: "effects_refused",
      excerpt: expect.stringContaining("more than 25"),
    });
  });
});
