import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Dispatch, Reply } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import { bindingProvider } from "../../src/channels/email/providers/binding.ts";
import { resendProvider } from "../../src/channels/email/providers/resend.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { email, event } from "../../src/outbox/message.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";
import { World } from "../support/world.ts";

const WITHOUT_A_RECEIVER = 100;

/** All that leaves for receivers, as text, by the channels and providers that there are. */
function outside() {
  const texts: string[] = [];
  const fetch = async (url: RequestInfo | URL, init?: RequestInit) => {
    texts.push(JSON.stringify([url, init?.method, init?.headers, init?.body]));
    return new Response("no", { status: String(url).includes("/failing") ? 500 : 200 });
  };
  const send = async (builder: EmailMessageBuilder) => {
    texts.push(JSON.stringify(builder));
    return { messageId: "sent" };
  };
  const resend = resendProvider({
    fetch,
    apiKey: "key",
    baseUrl: "https://resend.example.com",
    now: () => 0,
  });
  const webhooks = webhooksWith({ fetch });
  const emails = [resend, bindingProvider({ send })].map((one) =>
    emailChannel(one, "shop@example.com", ownDesk()),
  );
  const deliver = async (dispatch: Dispatch): Promise<Reply> => {
    if (dispatch.endpoint.target.startsWith("https:")) return webhooks.deliver(dispatch, never());
    const [byResend, byBinding] = await Promise.all(emails.map((one) => one.deliver(dispatch, never())));
    return byResend?.kind === "accepted" && byBinding ? byBinding : (byResend as Reply);
  };
  return { texts, deliver };
}

/** The same story for each tenant, whatever it has committed before: what its receivers get, and where its messages stand. */
async function play(before: number) {
  const world = new World(env.DB);
  const { texts, deliver } = outside();
  world.answer = deliver;
  world.retrySchedule = [1, 2, 4];
  const tenant = await world.createTenant();
  const others = Array.from({ length: WITHOUT_A_RECEIVER }, (_, n) => event("unheard", n));
  for (let n = 0; n < before; n++) await world.commit(tenant, { messages: others });
  const url = "https://receiver.example.com";
  await world.createEndpoint(tenant, { url, eventTypes: ["a"] });
  await world.createEndpoint(tenant, { url: `${url}/failing`, eventTypes: ["a"] });
  await world.createEndpoint(tenant, { url: `${url}/told`, eventTypes: [...SYSTEM_EVENTS] });
  await world.createEndpoint(tenant, { channel: "email", address: "ops@example.com", eventTypes: ["a"] });
  const content = { to: "ada@example.com", subject: "Hello", text: "Hello" };
  const orderingKey = "k";
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await world.commit(tenant, { messages: [event("a", 1, { orderingKey }), email(content)], traceparent });
  await world.commit(tenant, { messages: [event("a", 2, { orderingKey })], idempotencyKey: "once" });
  await world.runUntilIdle(tenant);
  return { texts, sent: world.sent };
}

/** Without instants, which have jitter in them, and without texts that are drawn at random, masked by it, or made of such a text. */
const withoutDrawn = (text: string) =>
  text
    .replaceAll(/msg_[0-9a-z]{22}/g, "msg_")
    .replaceAll(/ep_[0-9a-z]{20}(\/[0-9a-f]{12})?/g, "ep_")
    .replaceAll(/t-[0-9a-f]{8}-[0-9a-f-]{27}/g, "t-")
    .replaceAll(/v1,[0-9A-Za-z+/=]+/g, "v1,")
    .replaceAll(/(?<="webhook-timestamp":")\d+/g, "")
    .replaceAll(/2026-11-23T12:00:[\d.]+Z/g, "")
    .replaceAll(/(?<=00-[0-9a-f]{32}-)[0-9a-f]{16}/g, "");

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const read = (digits: string) =>
  Array.from(digits).reduce((seq, digit) => seq * 32 + DIGITS.indexOf(digit), 0);

test("receivers get the same, however many messages their tenant has", async () => {
  const few = await play(0);
  const many = await play(30);
  const sorted = (texts: readonly string[]) => texts.map(withoutDrawn).toSorted();
  expect(few.texts.length).toBeGreaterThan(15);
  expect(sorted(many.texts)).toEqual(sorted(few.texts));
  for (const text of [...few.texts, ...many.texts]) expect(text).not.toMatch(/sequence|seq"/i);
});

test("the id of a message, as receivers get it, tells neither its place nor how many lay between two", async () => {
  const { sent } = await play(1);
  const places = new Map(sent.map(({ messageId, sequence }) => [messageId, sequence]));
  const told = [...places].map(([id, sequence]) => ({ sequence, digits: read(id.slice(4, 13)) }));
  expect(told.length).toBeGreaterThan(5);
  // 3,000 messages are little in 45 bits: without a mask all of them would be here.
  expect(told.filter(({ digits }) => digits < 2 ** 30)).toEqual([]);
  const gaps = told.slice(1).map(({ digits }, at) => Math.abs(digits - (told[at]?.digits ?? 0)));
  expect(gaps.filter((gap) => gap < 2 ** 25)).toEqual([]);
});
