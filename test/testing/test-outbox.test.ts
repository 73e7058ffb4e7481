/** The testing entry, on an outbox of this file's own: its relays are not woken while it is under test. */
import { createScheduledController } from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  createOutbox,
  email,
  event,
  giveUp,
  type OutboxEnv,
  permanent,
  retryIn,
  temporary,
  work,
} from "../../src/index.ts";
import { Receiver, type TestOutbox, testOutbox } from "../../src/testing/testing.ts";
import { checkInvariants } from "../support/database/invariants.ts";

interface Names {
  events: { "order.placed": { id: string }; "order.paid": { id: string } };
  work: { charge: { id: string; card: string }; circle: null };
}

const env = bindings as unknown as OutboxEnv;
let charged: string[] = [];

const outbox = createOutbox<OutboxEnv, Names>({
  createTenants: true,
  email: () => ({ send: () => Promise.reject(new Error("A test sends no e-mails")) }),
  handlers: {
    charge: ({ message, attempt }) => {
      const { id, card } = message.payload;
      if (card === "stolen") return giveUp("The card was stolen");
      if (card === "slow" && attempt === 1) return retryIn(60, "The bank is thinking");
      charged.push(id);
      return { messages: [event("order.paid", { id })] };
    },
    circle: () => ({ messages: [work("circle", null)] }),
  },
});

let testing: TestOutbox;
let tenant: string;

beforeEach(() => {
  charged = [];
  testing = testOutbox(outbox, env);
  tenant = `t-${crypto.randomUUID()}`;
});

const placed = { id: "1001" };
const place = () => outbox(env).commit(tenant, { messages: [event("order.placed", placed)] });
const charge = (card: string) =>
  outbox(env).commit(tenant, { messages: [work("charge", { id: "1001", card })] });
const send = () =>
  outbox(env).commit(tenant, {
    messages: [email({ to: "ada@example.com", subject: "Your order", text: "We have it." })],
  });

describe("the committed messages", () => {
  test("is read in commit order, with payloads, however much it is", async () => {
    const messages = Array.from({ length: 60 }, (_, n) => event("order.placed", { id: String(n) }));
    await outbox(env).commit(tenant, { messages });
    await outbox(env).commit(tenant, { messages });
    const committed = await testing.committed(tenant);
    expect(committed.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1));
    expect(committed[59]).toMatchObject({ eventType: "order.placed", payload: { id: "59" }, deliveries: [] });
  });

  test("is nothing for a tenant that is not there", async () => {
    expect(await testing.committed(tenant)).toEqual([]);
    expect(await testing.deliver(tenant)).toEqual({ sent: [], failed: [], nextAt: null });
  });
});

describe("delivering", () => {
  test("is left to the test: a commit and the sweep send nothing", async () => {
    const receiver = await testing.receiver(tenant);
    await place();
    testing.advance(3600);
    await outbox.scheduled(createScheduledController(), env);
    expect(receiver.received).toEqual([]);
    expect((await testing.deliver(tenant)).sent).toMatchObject([{ number: 1 }]);
    expect(receiver.received).toHaveLength(1);
  });

  test("goes on with what handlers commit, and each attempt is told once", async () => {
    const receiver = await testing.receiver(tenant, { eventTypes: ["order.paid"] });
    await charge("good");
    const { sent, failed, nextAt } = await testing.deliver(tenant);
    expect(sent).toMatchObject([
      { eventType: "work", channel: "handler", endpointId: "ep_handler_charge", payload: { card: "good" } },
      { eventType: "order.paid", channel: "webhook", endpointId: receiver.endpointId, httpStatus: 200 },
    ]);
    expect({ failed, nextAt, charged }).toEqual({ failed: [], nextAt: null, charged: ["1001"] });
    expect(await testing.deliver(tenant)).toEqual({ sent: [], failed: [], nextAt: null });
    await checkInvariants(bindings.DB, tenant);
  });

  test("ends with an error when handlers commit work for each other without end", async () => {
    await outbox(env).commit(tenant, { messages: [work("circle", null)] });
    await expect(testing.deliver(tenant)).rejects.toThrow("without end");
  });

  test("tells what a handler gave up, and when it wants to be called again", async () => {
    await charge("stolen");
    expect((await testing.deliver(tenant)).failed).toMatchObject([{ outcome: "dead", error: "gave_up" }]);
    await charge("slow");
    const { failed, nextAt } = await testing.deliver(tenant);
    expect(failed).toMatchObject([{ outcome: "retry", error: "retry_asked" }]);
    expect(Date.parse(nextAt ?? "") - testing.now.getTime()).toBeGreaterThan(50_000);
    expect(await testing.settle(tenant)).toMatchObject({ sent: [{ number: 2 }], nextAt: null });
  });
});

describe("time", () => {
  test("is moved by the test, and retries come exactly when the schedule has them", async () => {
    const receiver = await testing.receiver(tenant, { retrySchedule: [60, 3600] });
    receiver.answerNext(500, 500);
    await place();
    await testing.deliver(tenant);
    testing.advance(58);
    expect((await testing.deliver(tenant)).failed).toEqual([]);
    testing.advance(2);
    expect((await testing.deliver(tenant)).failed).toMatchObject([{ number: 2 }]);
    testing.advance(3600);
    expect((await testing.deliver(tenant)).sent).toMatchObject([{ number: 3 }]);
    // Verified at the outbox's time, an hour ahead of the system's.
    expect(receiver.received).toHaveLength(3);
    expect(receiver.refused).toEqual([]);
  });

  test("is moved by settling, through all of a schedule", async () => {
    const receiver = await testing.receiver(tenant, { retrySchedule: [60, 3600] });
    receiver.answerNext(500, "drop", "hang");
    await place();
    const before = testing.now.getTime();
    const { sent, failed } = await testing.settle(tenant);
    expect(sent).toEqual([]);
    expect(failed.map(({ outcome, error }) => `${outcome} ${error}`)).toEqual([
      "retry http_status",
      "retry connection_lost",
      "dead timeout",
    ]);
    expect(testing.now.getTime() - before).toBeGreaterThanOrEqual(3660_000);
  });

  test("follows whoever moves Date", async () => {
    const receiver = await testing.receiver(tenant, { retrySchedule: [3600] });
    receiver.answerNext(500);
    await place();
    await testing.deliver(tenant);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3600_000 });
    try {
      expect((await testing.deliver(tenant)).sent).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is the system's again when the outbox is taken anew", () => {
    testing.advance(3600);
    expect(testOutbox(outbox, env).now.getTime() - Date.now()).toBeLessThan(60_000);
  });
});

describe("a receiver", () => {
  test("refuses what is signed with another secret", async () => {
    const receiver = await testing.receiver(tenant);
    receiver.secret = `whsec_${btoa("another secret of thirty-two byt")}`;
    await place();
    expect((await testing.deliver(tenant)).failed).toMatchObject([{ httpStatus: 401 }]);
    expect(receiver.received).toEqual([]);
    expect(receiver.refused).toMatchObject([{ reason: "No matching signature found" }]);
  });

  test("answers with a whole response, and takes in the payload alone", async () => {
    const receiver = await testing.receiver(tenant, { payloadFormat: "raw" });
    receiver.answerNext(new Response("later", { status: 503, headers: { "retry-after": "7200" } }));
    await place();
    const { failed, nextAt } = await testing.deliver(tenant);
    expect(failed).toMatchObject([{ httpStatus: 503, responseExcerpt: "later" }]);
    expect(Date.parse(nextAt ?? "") - testing.now.getTime()).toBeGreaterThan(7000_000);
    expect(receiver.received).toMatchObject([
      { body: placed, headers: { "webhook-event-type": "order.placed" } },
    ]);
  });

  test("can be put at a URL of an endpoint that the app makes; elsewhere nobody is", async () => {
    const url = "https://partner.example.com/hooks";
    await outbox(env).tenants.create({ id: tenant });
    const { secret = "" } = await outbox(env).endpoints.create(tenant, { channel: "webhook", url });
    await place();
    const excerpt = expect.stringContaining(`No receiver is at ${url} in this test`);
    expect((await testing.deliver(tenant)).failed).toMatchObject([{ responseExcerpt: excerpt }]);
    const receiver = new Receiver({ secret });
    testing.route(url, receiver);
    await outbox(env).endpoints.retry(tenant, (await outbox(env).endpoints.list(tenant)).data[0]?.id ?? "");
    expect((await testing.deliver(tenant)).sent).toHaveLength(1);
    expect(receiver.received).toMatchObject([{ body: { data: placed } }]);
  });
});

describe("the box of e-mails", () => {
  test("keeps what would have been sent, instead of the app's own provider", async () => {
    await send();
    await testing.deliver(tenant);
    const { to, subject, idempotencyKey } = testing.emails.sent[0] ?? {};
    expect({ to, subject }).toEqual({ to: ["ada@example.com"], subject: "Your order" });
    expect(idempotencyKey).toMatch(/^msg_\w+\/ep_email$/);
  });

  test("fails as it is told to, and keeps nothing then", async () => {
    testing.emails.answerNext(temporary("busy"));
    await send();
    expect(await testing.settle(tenant)).toMatchObject({
      failed: [{ error: "busy" }],
      sent: [{ number: 2 }],
    });
    testing.emails.answerNext(permanent("no_such_recipient"));
    await send();
    expect((await testing.deliver(tenant)).failed).toMatchObject([{ outcome: "dead" }]);
    expect(testing.emails.sent).toHaveLength(1);
  });

  test("stands in for Resend: a repetition is answered as the first, and kept once", async () => {
    const post = (key: string) =>
      testing.emails.fetch(
        new Request("https://resend.test/emails", {
          method: "POST",
          headers: { "idempotency-key": key },
          body: JSON.stringify({
            from: "a@example.com",
            to: ["b@example.com"],
            subject: "s",
            reply_to: "c@d.ee",
            headers: { "X-A": "1" },
            attachments: [{ filename: "a.png", content_type: "image/png", content: "AAEC", content_id: "a" }],
            tags: [
              { name: "outbox-message", value: "msg_1" },
              { name: "category", value: "receipt" },
            ],
          }),
        }),
      );
    expect(await (await post("k1")).json()).toEqual(await (await post("k1")).json());
    expect(testing.emails.sent).toMatchObject([
      {
        to: ["b@example.com"],
        replyTo: ["c@d.ee"],
        idempotencyKey: "k1",
        messageId: "msg_1",
        headers: { "X-A": "1" },
        attachments: [{ filename: "a.png", type: "image/png", content: "AAEC", contentId: "a" }],
        tags: { category: "receipt" },
      },
    ]);
    expect(testing.emails.repeated).toBe(1);
    testing.emails.answerNext(temporary("busy"), permanent("no_such_recipient"));
    expect([(await post("k2")).status, (await post("k3")).status]).toEqual([503, 422]);
  });
});

describe("the mailbox of a test", () => {
  test("has the newest e-mail that fits, with its links and its headers", async () => {
    const html = '<a href="https://shop.example/reset?a=1&amp;b=2">Reset</a>';
    const commit = (subject: string) =>
      outbox(env).commit(tenant, { messages: [email({ to: "Ada <ada@example.com>", subject, html })] });
    await commit("Reset your password");
    await testing.deliver(tenant);
    const first = await testing.mailbox.latest({ to: "ADA@example.com", subject: /password$/ });
    expect(first).toMatchObject({
      to: ["Ada <ada@example.com>"],
      ...{ subject: "Reset your password", html, text: null, tenantId: tenant },
      links: ["https://shop.example/reset?a=1&b=2"],
      headers: expect.arrayContaining([["X-Outbox-Tenant", tenant]]),
      source: expect.stringContaining("text/html"),
    });
    const later = testing.mailbox.latest({ to: "ada@example.com", after: first.id });
    await commit("Once more");
    await testing.deliver(tenant);
    expect(await later).toMatchObject({ subject: "Once more" });
    expect((await testing.mailbox.all({ to: "ada@example.com" })).map(({ subject }) => subject)).toEqual([
      "Once more",
      "Reset your password",
    ]);
  });

  test("says what is there when an e-mail does not come", async () => {
    await send();
    await testing.deliver(tenant);
    const waiting = testing.mailbox.latest({ to: "bob@example.com" }, { timeoutMs: 0 });
    await expect(waiting).rejects.toThrow(
      'No e-mail to bob@example.com is in the mailbox. It has "Your order" to ada@example.com.',
    );
  });
});

describe("several e-mails at once", () => {
  const post = async (key: string) => {
    const all = [1, 2, 3].map((n) => ({ from: "a@example.com", to: [`${n}@example.com`], subject: "s" }));
    const init = { method: "POST", headers: { "idempotency-key": key }, body: JSON.stringify(all) };
    const answer = await testing.emails.fetch(new Request("https://resend.test/emails/batch", init));
    return { status: answer.status, body: await answer.json() };
  };

  test("are kept once each, however often their request comes", async () => {
    const first = await post("k");
    expect(first).toMatchObject({ status: 200, body: { data: [{}, {}, {}], errors: [] } });
    expect(await post("k")).toEqual(first);
    expect(testing.emails.sent.map(({ to }) => to[0])).toEqual([
      "1@example.com",
      "2@example.com",
      "3@example.com",
    ]);
    expect(testing.emails.repeated).toBe(3);
  });

  test("fail one by one, or all of them for now", async () => {
    testing.emails.answerNext(permanent("no_such_recipient"));
    const errors = [{ index: 0, message: "no_such_recipient" }];
    expect(await post("k")).toMatchObject({ status: 200, body: { data: [{}, {}], errors } });
    testing.emails.answerNext(temporary("busy"));
    expect(await post("k2")).toMatchObject({ status: 503, body: { name: "busy" } });
  });
});

describe("testOutbox", () => {
  test("refuses to work where ENVIRONMENT is not development", () => {
    expect(() => testOutbox(outbox, { ...env, ENVIRONMENT: "production" })).toThrow("ENVIRONMENT");
    const { ENVIRONMENT: _, ...unset } = env;
    expect(() => testOutbox(outbox, unset)).toThrow("ENVIRONMENT");
  });

  test("refuses what createOutbox did not answer", () => {
    const other = Object.assign((_: OutboxEnv) => outbox(env), { queue: outbox.queue });
    expect(() => testOutbox(other, env)).toThrow("createOutbox");
  });

  test("begins with nothing remembered of a database whose key of message ids is another now", async () => {
    await place();
    await testing.committed(tenant);
    const { key } =
      (await bindings.DB.prepare("SELECT key FROM outbox_id_key").first<{ key: string }>()) ?? {};
    await bindings.DB.prepare("UPDATE outbox_id_key SET key = 'another key'").run();
    try {
      expect(await testOutbox(outbox, env).committed(tenant)).toMatchObject([{ payload: placed }]);
    } finally {
      await bindings.DB.prepare("UPDATE outbox_id_key SET key = ?").bind(key).run();
    }
  });
});
