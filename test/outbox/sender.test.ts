import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { email, event } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { refused } from "../support/outside/replies.ts";
import { never } from "../support/outside/signals.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  world.emailFrom = "us@example.com";
});

const mail = { to: "ada@example.com", subject: "Hello", text: "Hello" };

test("each attempt has the sender of the commit, whatever EMAIL_FROM is by then", async () => {
  const sent: Envelope[] = [];
  const send = async (envelope: Envelope) => {
    sent.push(envelope);
    return sent.length === 1 ? refused() : ACCEPTED;
  };
  world.answer = (dispatch) =>
    emailChannel({ send }, world.emailFrom ?? "", ownDesk(world.clock)).deliver(dispatch, never());
  await world.commit(tenant, { messages: [email(mail)] });
  await world.onAlarm(tenant);
  await world.consume();
  world.emailFrom = "others@example.com";
  await world.runUntilIdle(tenant);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual({ ...sent[0], attempt: 2 });
  expect(sent[0]).toMatchObject({ from: "us@example.com", tenantId: tenant, attempt: 1 });
});

test("a repetition by its key is one, though EMAIL_FROM has changed", async () => {
  const request = { messages: [email(mail)], idempotencyKey: "k" };
  const [first] = (await world.commit(tenant, request)).messages;
  world.emailFrom = "others@example.com";
  const again = await world.commit(tenant, request);
  expect(again).toMatchObject({ duplicate: true, messages: [{ id: first?.id }] });
});

test("a sender of its own stays, and nothing is written into other messages", async () => {
  const { messages } = await world.commit(tenant, {
    messages: [email({ ...mail, from: "Own <own@example.com>" }), event("a", { n: 1 })],
  });
  const [first, second] = await Promise.all(messages.map(({ id }) => readMessage(env.DB, tenant, id)));
  expect(JSON.parse(first?.payload ?? "")).toMatchObject({ from: "Own <own@example.com>" });
  expect(second?.payload).toBe('{"n":1}');
});
