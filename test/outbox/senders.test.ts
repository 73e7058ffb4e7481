import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/channels/channel.ts";
import { email, event, work } from "../../src/outbox/message.ts";
import { updateTenant } from "../../src/registry/tenants.ts";
import { issueToken } from "../../src/registry/tokens.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { countRows } from "../support/database/rows.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  world.emailFrom = "Us <us@example.com>";
});

const mail = { to: "ada@example.com", subject: "Hello", text: "Hello" };
const from = (sender: string) => email({ ...mail, from: sender });
const setSenders = (senders: string[] | null) =>
  world.ask((tools) => updateTenant(tools, tenant, { senders }));
const commitFrom = (sender: string, idempotencyKey?: string) =>
  world.commit(tenant, { messages: [from(sender)], ...(idempotencyKey && { idempotencyKey }) });

const REFUSED = { code: "sender_not_allowed" };

async function tokenOf(tenantId: string): Promise<string> {
  const token = {
    db: env.DB,
    clock: world.clock,
    random: world.random,
    audit: undefined,
    keyRing: keyRingOf("k1"),
  };
  return (await issueToken(token, tenantId, { scopes: ["messages:write"] })).id;
}

describe("a tenant with senders", () => {
  test.each([
    "shop@acme.example",
    "Shop <SHOP@Acme.Example>",
    "any@mail.acme.example",
    '"a@b"@mail.acme.example',
  ])("sends as %s", async (sender) => {
    await setSenders(["shop@acme.example", "*@mail.acme.example"]);
    await commitFrom(sender);
    expect(await countRows("messages", tenant)).toBe(1);
  });

  test.each([
    "ceo@bank.example",
    "other@acme.example",
    "shop@deep.mail.acme.example",
    "shop@notmail.acme.example",
    '"x@mail.acme.example"@bank.example',
  ])(
    "does not send as %s: nothing is written, and the refusal names the field and its senders",
    async (sender) => {
      await setSenders(["shop@acme.example", "*@mail.acme.example"]);
      const messages = [event("a", 1), from("shop@acme.example"), from(sender)];
      const refused = world.commit(tenant, { messages, idempotencyKey: "k" });
      await expect(refused).rejects.toMatchObject({
        ...REFUSED,
        failure: {
          fields: [
            {
              path: "messages[2].payload.from",
              message: expect.stringContaining("shop@acme.example, *@mail.acme.example"),
            },
          ],
        },
      });
      expect(await countRows("messages", tenant)).toBe(0);
      expect(await countRows("idempotency_keys", tenant)).toBe(0);
    },
  );

  test("sends as the deployment, too, named or not", async () => {
    await setSenders([]);
    await commitFrom("us@example.com");
    await world.commit(tenant, { messages: [email(mail)] });
    await expect(commitFrom("shop@acme.example")).rejects.toMatchObject(REFUSED);
  });

  test("has its repetitions answered, and its e-mails sent, after a sender was taken away", async () => {
    await setSenders(["shop@acme.example"]);
    const first = await commitFrom("shop@acme.example", "k");
    await setSenders([]);
    expect(await commitFrom("shop@acme.example", "k")).toMatchObject({
      duplicate: true,
      messages: [{ id: first.messages[0]?.id }],
    });
    world.answer = () => ACCEPTED;
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
  });
});

describe("a tenant without senders", () => {
  test("sends as anybody for the app, and as the deployment alone with one of its tokens", async () => {
    const tokenId = await tokenOf(tenant);
    await commitFrom("ceo@bank.example");
    const withToken = (sender: string) => world.commit(tenant, { messages: [from(sender)], tokenId });
    await withToken("Whoever <us@example.com>");
    await expect(withToken("ceo@bank.example")).rejects.toMatchObject(REFUSED);
    await setSenders(["ceo@bank.example"]);
    await withToken("ceo@bank.example");
    expect(await countRows("messages", tenant)).toBe(3);
  });
});

describe("an e-mail that a handler commits", () => {
  const done = (sender?: string): Reply => ({
    kind: "accepted",
    httpStatus: null,
    excerpt: null,
    effects: { messages: [sender === undefined ? email(mail) : from(sender)] },
  });

  beforeEach(() => {
    world.handlers = { names: new Set(["welcome"]), forWork: new Set(["welcome"]), subscribedTo: () => [] };
  });

  test("has the sender of that instant, whatever EMAIL_FROM is when it is sent", async () => {
    world.answer = ({ endpoint }) => (endpoint.target === "welcome" ? done() : ACCEPTED);
    await world.commit(tenant, { messages: [work("welcome", 1)] });
    await world.onAlarm(tenant);
    await world.consume();
    world.emailFrom = "others@example.com";
    await world.runUntilIdle(tenant);
    expect(JSON.parse(world.sent.at(-1)?.payload ?? "")).toEqual({
      ...mail,
      to: [mail.to],
      from: "Us <us@example.com>",
    });
  });

  test("is refused for its sender like any commit", async () => {
    await setSenders(["shop@acme.example"]);
    world.retrySchedule = [];
    world.answer = () => done("ceo@bank.example");
    const { messages } = await world.commit(tenant, { messages: [work("welcome", 1)] });
    await world.runUntilIdle(tenant);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries[0]).toMatchObject({ state: "dead", attempts: [{ error: "effects_refused" }] });
    expect(deliveries[0]?.attempts[0]?.responseExcerpt).toMatch(
      /messages\[0\]\.payload\.from: ceo@bank\.example/,
    );
    expect(await countRows("messages", tenant)).toBe(1);
  });
});
