/** E-mails with a topic, through the real commit and the real consumer. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Reply, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import type { Database } from "../../src/db/database.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email } from "../../src/outbox/message.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { change } from "../../src/unsubscribe/change.ts";
import { type Links, readLink } from "../../src/unsubscribe/link.ts";
import { writeLink } from "../../src/unsubscribe/write-link.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { linksWith } from "../support/secrets/links.ts";
import { World } from "../support/world.ts";

const ADDRESS = "ada@example.com";
const TOPIC = "newsletter";
const MAIL = { to: "Ada <Ada@Example.com>", subject: "News", text: "News" };

let world: World;
let tenant: string;
let links: Links | undefined;
/** E-mails as the provider gets them. */
let sent: Envelope[];
/** Answer of the provider to the next ones, in place of accepting them. */
let refusals: Reply[];
/** Number of times that leave to send was asked for. */
let asked: number;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  world.retrySchedule = [1, 1];
  tenant = await world.createTenant();
  links = linksWith("k1");
  world.writeLink = (...given) => writeLink(links, ...given);
  [sent, refusals, asked] = [[], [], 0];
  const provider: EmailProvider = {
    async send(envelope): Promise<Reply> {
      sent.push(envelope);
      return refusals.shift() ?? { kind: "accepted", id: "re_1", httpStatus: 200, excerpt: null };
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

const commit = async (content: object = {}, more: { orderingKey?: string; idempotencyKey?: string } = {}) => {
  const { orderingKey, idempotencyKey } = more;
  const { messages } = await world.commit(tenant, {
    messages: [email({ ...MAIL, topic: TOPIC, ...content }, { ...(orderingKey && { orderingKey }) })],
    ...(idempotencyKey && { idempotencyKey }),
  });
  return messages[0]?.id ?? "";
};
const send = async (content: object = {}, more = {}) => {
  const id = await commit(content, more);
  await world.runUntilIdle(tenant);
  return id;
};
const tools = () => ({
  ...{ db: world.db, clock: world.clock, random: world.random },
  systemEventsTenant: undefined,
  wake: (id: string, at: number) => void world.alarms.set(id, at),
});
const wish = (to: "out" | "back", topic = TOPIC, address = ADDRESS, tenantId = tenant) =>
  change(tools(), { tenantId, topic, address }, to);
const endings = async () =>
  (await deliveriesOf(tenant)).map(({ state, reason, attempts }) => [state, reason, attempts]);
const payloadOf = async (id: string) => JSON.parse((await readMessage(env.DB, tenant, id)).payload ?? "");
const UNSUBSCRIBED = ["cancelled", "unsubscribed", 0];
const DELIVERED = ["delivered", null, 1];

describe("an e-mail with a topic", () => {
  test("has the headers of a one-click unsubscription, whose link is its recipient's, and none without a topic", async () => {
    const id = await send({ headers: { "X-Team": "blue" } });
    await send({ topic: undefined });
    const { unsubscribe, topic } = await payloadOf(id);
    expect(topic).toBe(TOPIC);
    expect(sent[0]?.headers).toEqual({
      "X-Team": "blue",
      "List-Unsubscribe": `<${unsubscribe}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    expect(await readLink(linksWith("k1").vault, unsubscribe.split("/").at(-1))).toEqual({
      tenantId: tenant,
      topic: TOPIC,
      address: ADDRESS,
    });
    expect(sent[0]).not.toHaveProperty("unsubscribe");
    expect(sent[1]).not.toHaveProperty("headers");
  });

  test("has its link in place of each mark in its text and HTML, and nowhere else", async () => {
    const mark = "{{unsubscribe}}";
    const id = await send({
      subject: mark,
      text: `${mark} or ${mark}`,
      html: `<a href="${mark}">no more</a>`,
    });
    const { unsubscribe: link } = await payloadOf(id);
    expect(sent[0]).toMatchObject({
      subject: mark,
      text: `${link} or ${link}`,
      html: `<a href="${link}">no more</a>`,
    });
  });

  test("is sent with the same bytes at each attempt, whatever the settings are by then", async () => {
    refusals.push(temporary("http_500", { httpStatus: 500 }));
    await commit();
    await world.onAlarm(tenant);
    await world.consume();
    links = { ...linksWith("k2"), url: "https://other.example.com" };
    await world.runUntilIdle(tenant);
    expect(sent).toHaveLength(2);
    expect({ ...sent[1], attempt: 1 }).toEqual(sent[0]);
  });

  test("is one with its repetition by an idempotency key, though each link has another text", async () => {
    const first = await commit({}, { idempotencyKey: "k" });
    links = linksWith("k2", "k1");
    expect(await commit({}, { idempotencyKey: "k" })).toBe(first);
    links = undefined;
    expect(await commit({}, { idempotencyKey: "k" })).toBe(first);
    await expect(commit({}, { idempotencyKey: "another" })).rejects.toMatchObject({ code: "invalid_input" });
    links = linksWith("k2", "k1");
    await expect(commit({ topic: "offers" }, { idempotencyKey: "k" })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
  });

  test.each([
    [
      { to: [ADDRESS, "grace@example.com"], together: true },
      "to",
      "must be one recipient beside topic and together",
    ],
    [{ cc: "grace@example.com" }, "cc", "must be left out beside topic"],
    [{ bcc: "grace@example.com" }, "bcc", "must be left out beside topic"],
    [
      { headers: { "list-UNSUBSCRIBE": "<https://a.example/u>" } },
      "headers.list-UNSUBSCRIBE",
      "is made of topic",
    ],
    [
      { headers: Object.fromEntries(Array.from({ length: 19 }, (_, n) => [`X-${n}`, "x"])) },
      "headers",
      "must have at most 18 headers beside topic",
    ],
    [
      { headers: Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`X-${n}`, "x ".repeat(970)])) },
      "headers",
      "must have at most 15050 bytes beside topic",
    ],
  ])("is refused with %j, and leaves nothing behind", async (content, field, words) => {
    const path = `messages[0].payload.${field}`;
    await expect(commit(content)).rejects.toMatchObject({
      failure: { code: "invalid_input", fields: [{ path, message: expect.stringContaining(words) }] },
    });
    expect(await countRows("messages", tenant)).toBe(0);
  });

  test.each([["News"], [""], ["a b"], ["-a"], ["x".repeat(65)], [7]])(
    "is refused with the topic %j",
    (topic) => {
      expect(() => email({ ...MAIL, topic: topic as string })).toThrow(/^topic: must be/);
    },
  );

  test("is refused where a setting is missing, or nobody answers links", async () => {
    const refusal = (words: string) => ({
      failure: {
        fields: [{ path: "messages[0].payload.topic", message: expect.stringContaining(words) }],
      },
    });
    links = undefined;
    await expect(commit()).rejects.toMatchObject(refusal("EMAIL_UNSUBSCRIBE_URL and SECRET_KEYS"));
    world.writeLink = undefined;
    await expect(commit()).rejects.toMatchObject(refusal("createUnsubscribe"));
    await commit({ topic: null });
  });

  test("cannot bring a link of its own, nor grow beyond the limit of payloads by its marks", async () => {
    await expect(commit({ unsubscribe: "https://evil.example" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    const marked = { text: `${"x".repeat(260_000)}{{unsubscribe}}`, html: "{{unsubscribe}}".repeat(20) };
    await expect(commit(marked)).rejects.toMatchObject({ code: "payload_too_large" });
    await expect(commit({ text: "{{unsubscribe}}".repeat(21) })).rejects.toMatchObject({
      failure: { code: "invalid_input", fields: [{ path: "messages[0].payload.text" }] },
    });
    expect(await countRows("messages", tenant)).toBe(0);
  });
});

describe("a recipient who has unsubscribed", () => {
  test("after the commit and before the claim gets no e-mail of the topic: no call, no turn, no attempt", async () => {
    await commit();
    await wish("out");
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([UNSUBSCRIBED]);
    expect([sent.length, asked]).toEqual([0, 0]);
  });

  test("gets those of other topics, of other tenants, and transactional ones; others get theirs", async () => {
    await wish("out");
    const other = await world.createTenant();
    await world.commit(other, { messages: [email({ ...MAIL, topic: TOPIC })] });
    await world.runUntilIdle(other);
    for (const content of [{ topic: "offers" }, { topic: undefined }, { to: "grace@example.com" }, {}]) {
      await send(content);
    }
    expect(await endings()).toEqual([DELIVERED, DELIVERED, DELIVERED, UNSUBSCRIBED]);
    expect(sent).toHaveLength(4);
  });

  test("shows on the trace as cancelled, and a replay after they came back is sent", async () => {
    await wish("out");
    const id = await send();
    const { deliveries } = await readMessage(env.DB, tenant, id);
    expect(deliveries[0]).toMatchObject({
      state: "cancelled",
      reason: "unsubscribed",
      recipients: [{ status: "cancelled" }],
    });
    await wish("back");
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([DELIVERED]);
  });

  test("frees the ordering key", async () => {
    await commit({}, { orderingKey: "k" });
    await commit({ topic: undefined }, { orderingKey: "k" });
    await wish("out");
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([UNSUBSCRIBED, DELIVERED]);
  });

  test("whose address is suppressed as well is a dead letter, as for any e-mail", async () => {
    await wish("out");
    await world.ask((tools) => putSuppression(tools, tenant, { address: ADDRESS }));
    await send();
    expect(await endings()).toEqual([["dead", "suppressed", 1]]);
  });

  test("is left out of requests that e-mails share", async () => {
    const provider = new BatchProvider();
    const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
    world.batch = channel.batch;
    await wish("out");
    await world.commit(tenant, {
      messages: [MAIL, { ...MAIL, topic: TOPIC }, { ...MAIL, topic: "offers" }].map((one) => email(one)),
    });
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([DELIVERED, UNSUBSCRIBED, DELIVERED]);
    expect(provider.requests.map(({ ids }) => ids.length)).toEqual([2]);
  });

  test("costs a query where an e-mail of the task has a topic, and nothing elsewhere", async () => {
    const asking = async (content: object) => {
      await commit(content);
      await world.onAlarm(tenant);
      return queriesOf((life) => world.consume(life));
    };
    const plain = await asking({ topic: undefined });
    expect(await asking({})).toBe(plain);
    await wish("out", "offers");
    expect(await asking({ topic: undefined })).toBe(plain);
    expect(await asking({})).toBe(plain + 1);
  });
});

/** Number of times that D1 is asked. */
async function queriesOf(act: (life: Life) => Promise<unknown>): Promise<number> {
  let asked = 0;
  const db: Database = {
    prepare: (text) => env.DB.prepare(text),
    batch: (statements) => {
      asked++;
      return env.DB.batch(statements);
    },
  };
  await act({ ...immortal, db: () => db });
  return asked;
}
