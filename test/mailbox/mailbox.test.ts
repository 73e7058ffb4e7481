import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { keepingProvider } from "../../src/channels/email/development.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { MAILBOX_EVENTS, type MAILBOX_REPLIES, type MailboxPlay } from "../../src/mailbox/answers.ts";
import type { Mailbox } from "../../src/mailbox/mailbox.ts";
import { email } from "../../src/outbox/message.ts";
import { mailboxLimits as limits } from "../../src/platform/development-limits.ts";
import { listSuppressions } from "../../src/registry/suppressions.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { mailboxWith } from "../support/mailbox.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { attemptTime, never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

const envelope: Envelope = {
  from: "Us <us@example.com>",
  to: ["Ada <ada@example.com>"],
  cc: ["cc@example.com"],
  bcc: ["bcc@example.com"],
  replyTo: ["help@example.com"],
  subject: "Your order — größer",
  text: "See https://shop.example/orders/1.",
  html: '<a href="https://shop.example/?a=1&amp;b=2">See</a>',
  tenantId: "acme",
  messageId: "msg_1",
  committedAt: Date.UTC(2026, 10, 30, 12),
  attempt: 2,
  idempotencyKey: "msg_1/ep_email",
};

let mailbox: Mailbox;

beforeEach(async () => {
  mailbox = mailboxWith();
  await mailbox.clear();
  for (const { address } of await mailbox.plays()) {
    await mailbox.choose({ address, play: "accepted", times: null });
  }
});

const keep = (given: object = {}, reason: string | null = null) =>
  mailbox.keep({ ...envelope, ...given }, reason);
const newest = async () => (await mailbox.list()).data[0]?.id ?? "";

describe("an e-mail in the mailbox", () => {
  test("has all that would have been sent, and fields that nobody knew when this was written", async () => {
    const reply = await keep({
      attachments: [{ filename: "a.txt", type: "text/plain", content: "SGVsbG8=" }],
      headers: { "X-Team": "blue" },
      ...{ tags: { kind: "order" }, invented: 1 },
    });
    const id = await newest();
    expect(reply).toMatchObject({ kind: "accepted", id, excerpt: `Kept in the mailbox as ${id}.` });
    const { headers, source, ...rest } = (await mailbox.find(id)) ?? { headers: [], source: "" };
    expect(rest).toEqual({
      id,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      play: "accepted",
      reason: null,
      from: "Us <us@example.com>",
      to: ["Ada <ada@example.com>"],
      cc: ["cc@example.com"],
      bcc: ["bcc@example.com"],
      replyTo: ["help@example.com"],
      subject: "Your order — größer",
      text: envelope.text,
      html: envelope.html,
      links: ["https://shop.example/?a=1&b=2", "https://shop.example/orders/1"],
      ...{ tenantId: "acme", messageId: "msg_1", attempt: 2, leftOut: [] },
      attachments: [{ filename: "a.txt", type: "text/plain", bytes: 5 }],
      more: { tags: { kind: "order" }, invented: 1 },
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      From: "Us <us@example.com>",
      To: "Ada <ada@example.com>",
      Cc: "cc@example.com",
      "Reply-To": "help@example.com",
      Subject: expect.stringMatching(/^=\?UTF-8\?/i),
      Date: "Mon, 30 Nov 2026 12:00:00 +0000",
      "Message-ID": expect.stringMatching(/^<\w+@example\.com>$/),
      "X-Outbox-Message": "msg_1",
      "X-Outbox-Tenant": "acme",
      "X-Outbox-Tag-Kind": "order",
      "X-Team": "blue",
    });
    expect(source).toMatch(/^[\w-]+: /);
    expect(headers.every(([name, value]) => /^[\w-]+$/.test(name) && value !== "")).toBe(true);
  });

  test("has its source as SMTP would send it, without its blind copies", async () => {
    await keep();
    const { source = "" } = (await mailbox.find(await newest())) ?? {};
    expect(source).toContain("\r\n\r\n");
    expect(source).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(source).not.toContain("bcc@example.com");
    expect(await mailbox.find("eml_none")).toBeUndefined();
  });

  test("says why it is here while others are sent", async () => {
    const reason = "Not sent: EMAIL_DEV_ALLOW does not allow ada@example.com.";
    expect(await keep({}, reason)).toMatchObject({ kind: "accepted", excerpt: reason });
    expect((await mailbox.list()).data).toMatchObject([{ reason }]);
  });

  test("outlasts the isolate: another one lists it", async () => {
    await keep();
    expect((await mailboxWith().list()).data).toMatchObject([{ subject: envelope.subject }]);
  });

  test("too large for a row is kept without its largest fields, and says which", async () => {
    await keep({ attachments: "x".repeat(2_000_000), html: undefined });
    expect(await mailbox.find(await newest())).toMatchObject({
      leftOut: ["attachments"],
      text: envelope.text,
      more: {},
    });
    // Characters of three bytes are as many bytes as a row can have.
    await keep({ text: "€".repeat(limits.emailSize - 2000), html: undefined });
    expect(await mailbox.find(await newest())).toMatchObject({ leftOut: [] });
  });
});

describe("the mailbox", () => {
  test("keeps the newest of too many, and says how many it dropped", async () => {
    const insert = `
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
      INSERT INTO outbox_mailbox (n, id, at, play, envelope, left_out)
      SELECT n, 'eml_' || n, n, 'accepted', ?2, '[]' FROM numbers`;
    await env.DB.prepare(insert).bind(limits.most, JSON.stringify(envelope)).run();
    await keep({ subject: "One too many" });
    await keep({ subject: "Two too many" });
    const { data, dropped } = await mailbox.list();
    expect([data.length, dropped, data[0]?.subject, data.at(-1)?.id]).toEqual([
      limits.most,
      2,
      "Two too many",
      "eml_3",
    ]);
    await mailbox.clear();
    expect(await mailbox.list()).toEqual({ data: [], dropped: 0 });
  });

  test("keeps fewer where they are large, and at least the newest", async () => {
    const text = "x".repeat(limits.emailSize - 2000);
    const fitting = Math.floor(limits.mostSize / (limits.emailSize - 1000));
    for (let n = 0; n < fitting + 2; n++) await keep({ text, html: undefined, subject: String(n) });
    const { data, dropped } = await mailbox.list();
    expect(data.length).toBeGreaterThan(0);
    expect(data.length + dropped).toBe(fitting + 2);
    expect(dropped).toBeGreaterThan(0);
    expect(data[0]?.subject).toBe(String(fitting + 1));
  });
});

const REPLIES: Record<(typeof MAILBOX_REPLIES)[number], object> = {
  accepted: { kind: "accepted" },
  "429": { kind: "temporary", httpStatus: 429, retryAfterMs: 5000 },
  temporary: { kind: "temporary", error: "mailbox_temporary" },
  never: { kind: "temporary", error: "timeout" },
  sender_refused: { kind: "temporary", scope: "sender" },
  recipient_refused: { kind: "permanent", scope: "recipient" },
  permanent: { kind: "permanent", scope: "message" },
};

/** Answer of the mailbox to an e-mail to an address. The attempt ends when it is kept, if there is none. */
async function replyFor(to: string, isSilent: boolean) {
  const time = attemptTime();
  const channel = emailChannel(keepingProvider(mailbox.keep), "us@example.com", ownDesk());
  const payload = JSON.stringify({ to, subject: "Hello", text: "Hello" });
  const endpoint = { id: "ep_email", target: "", headers: null, secretHeaders: null, secrets: [] };
  const dispatch = dispatchWith({ payload, endpoint: { ...endpoint, payloadFormat: "standard" } });
  const reply = channel.deliver(dispatch, time.signal);
  await expect.poll(async () => (await mailbox.list()).data.length).toBeGreaterThan(0);
  if (isSilent) time.end();
  return reply;
}

describe("the mailbox plays", () => {
  test.each(Object.entries(REPLIES))("%s, by an address for it", async (play, reply) => {
    const isSilent = play === "never";
    expect(await replyFor(`${play}+label@mailbox.test`, isSilent)).toMatchObject(reply);
    expect((await mailbox.list()).data).toMatchObject([{ play }]);
  });

  test.each([
    ["success@simulator.amazonses.com", "delivered"],
    ["Bounce+1@Simulator.AmazonSES.com", "hard_bounced"],
    ["complaint@simulator.amazonses.com", "complained"],
    ["suppressionlist@simulator.amazonses.com", "hard_bounced"],
    ["Bob <bounced+x@resend.dev>", "hard_bounced"],
    ["complained@resend.dev", "complained"],
    ["suppressed@resend.dev", "suppressed"],
    ["bounce@example.com", "accepted"],
  ])("what a provider's sandbox does for %s", async (address, play) => {
    await keep({ bcc: [address] });
    expect((await mailbox.list()).data).toMatchObject([{ play }]);
  });

  test("what was chosen for an address, as often as was said, before what was chosen for all", async () => {
    await mailbox.choose({ address: "cc@example.com", play: "429", times: 2 });
    await mailbox.choose({ address: "*", play: "permanent", times: null });
    for (let n = 0; n < 4; n++) await keep();
    await keep({ to: ["bounced@resend.dev"], cc: [] });
    const plays = (await mailbox.list()).data.map(({ play }) => play).toReversed();
    expect(plays).toEqual(["429", "429", "permanent", "permanent", "permanent"]);
    expect(await mailbox.plays()).toEqual([{ address: "*", play: "permanent", times: null }]);
    await mailbox.choose({ address: "*", play: "accepted", times: null });
    expect(await mailbox.plays()).toEqual([]);
    expect(await keep()).toMatchObject({ kind: "accepted" });
  });

  test("once for two e-mails that come at once, where it was chosen for one", async () => {
    await mailbox.choose({ address: "*", play: "temporary", times: 1 });
    const kinds = (await Promise.all([keep(), keep()])).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["accepted", "temporary"]);
  });
});

describe("what becomes of an e-mail in the mailbox", () => {
  let world: World;
  let tenant: string;

  beforeEach(async () => {
    world = new World(env.DB);
    const { clock, random, log } = world;
    mailbox = mailboxWith({ clock, random, log });
    const channel = emailChannel(keepingProvider(mailbox.keep), "us@example.com", ownDesk(clock));
    world.answer = (dispatch) => channel.deliver(dispatch, never());
    tenant = await world.createTenant();
  });

  async function send(to: string[]) {
    const { messages } = await world.commit(tenant, {
      messages: [email({ to, together: true, subject: "Hello", text: "Hello" })],
    });
    await world.runUntilIdle(tenant);
    return (messages[0] as { id: string }).id;
  }
  const trace = async (id: string) =>
    (await readMessage(env.DB, tenant, id, world.now)).deliveries[0]?.recipients?.map((one) => [
      one.address,
      one.status,
      one.events.map(({ provider }) => provider),
    ]);
  const suppressed = async () => (await listSuppressions(env.DB, tenant, { limit: 10 }, world.now)).entries;

  test("is told by the way of every provider's events: trace, suppression, once", async () => {
    const id = await send(["ada@example.com", "bob@example.com"]);
    const [{ id: kept, messageId } = { id: "", messageId: "" }] = (await mailbox.list()).data;
    expect(messageId).toBe(id);
    const told = { recorded: 1, repeated: 0, unmatched: 0, foreign: 0 };
    expect(await mailbox.tell(kept, "hard_bounced", ["bob@example.com"])).toEqual(told);
    expect(await mailbox.tell(kept, "hard_bounced", ["bob@example.com"])).toEqual({
      ...told,
      recorded: 0,
      repeated: 1,
    });
    expect(await trace(id)).toEqual([
      ["ada@example.com", "accepted", []],
      ["bob@example.com", "bounced", ["mailbox"]],
    ]);
    expect(await suppressed()).toMatchObject([{ address: "bob@example.com", reason: "hard_bounce" }]);
    expect(await mailbox.tell(kept, "complained")).toMatchObject({ recorded: 2 });
    expect(await mailbox.tell("eml_none", "complained")).toBeUndefined();
    await checkInvariants(env.DB, tenant);
  });

  test("is told of the recipient whose address asks for it, and of no other", async () => {
    const id = await send(["ada@example.com", "complained@resend.dev"]);
    expect(await trace(id)).toEqual([
      ["ada@example.com", "accepted", []],
      ["complained@resend.dev", "complained", ["mailbox"]],
    ]);
    await checkInvariants(env.DB, tenant);
  });

  test.each(MAILBOX_EVENTS)("may be chosen for all e-mails to come: %s", async (play: MailboxPlay) => {
    await mailbox.choose({ address: "*", play, times: 1 });
    const statuses: Record<string, string> = { soft_bounced: "bounced", hard_bounced: "bounced" };
    expect(await trace(await send(["ada@example.com"]))).toEqual([
      ["ada@example.com", statuses[play] ?? play, ["mailbox"]],
    ]);
    await checkInvariants(env.DB, tenant);
  });
});
