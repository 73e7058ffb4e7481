import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ApiTools } from "../../../src/api/context.ts";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import type { ReceiveTools } from "../../../src/email-events/receive-events.ts";
import { systemClock, systemRandom } from "../../../src/platform/clock.ts";
import { RESEND_SECRET, resendEvent } from "../../support/outside/email-events.ts";
import { postmarkWebhook } from "../../support/outside/provider-webhooks.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const POSTMARK_SECRET = "outbox:a-password-of-postmark";
const FROM = { "cf-connecting-ip": "203.0.113.7" };

/** An API that takes events, and whose limit lets no address guess. */
function api(tools: Partial<ApiTools> = {}, clock = systemClock) {
  const secrets: Partial<Record<string, string[]>> = {
    resend: [RESEND_SECRET],
    postmark: [POSTMARK_SECRET],
  };
  const receiving: ReceiveTools = {
    ...{ db: env.DB, clock, random: systemRandom, log: () => {}, wake: () => {}, fetch },
    systemEventsTenant: undefined,
    secretsOf: (provider) => secrets[provider] ?? [],
  };
  const ADDRESS_RATE = { limit: async () => ({ success: false }) };
  const send = apiWith({ rateLimits: { ADDRESS_RATE }, emailEvents: () => receiving, ...tools });
  return async (provider: string, headers: Record<string, string>, body: BodyInit) => {
    const init = { method: "POST", headers: { ...FROM, ...headers }, body };
    const answer = await send(`/v1/email-events/${provider}`, init);
    return { status: answer.status, body: await answer.json() };
  };
}

const genuine = () => resendEvent({ message: "msg_0000000000000000000000", tenant: "acme" });

test("strangers at the addresses that a provider sends from hold off none of its webhooks", async () => {
  const send = api();
  const { headers, body } = genuine();
  for (let n = 0; n < 3; n++)
    expect(await send("resend", headers, `${body} `)).toMatchObject({ status: 401 });
  expect(await send("resend", headers, body)).toMatchObject({ status: 200 });
  // Postmark's password can be guessed, so guesses are counted: the address is held at other doors, and not here.
  const wrong = postmarkWebhook("outbox:another-password", {});
  expect(await send("postmark", wrong.headers, wrong.body)).toMatchObject({ status: 429 });
  expect(await send("resend", headers, body)).toMatchObject({ status: 200 });
  const right = postmarkWebhook(POSTMARK_SECRET, {});
  expect(await send("postmark", right.headers, right.body)).toMatchObject({ status: 200 });
});

/** A body that breaks off, or never ends. */
const unfinished = (end: "broken" | "open") =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
      if (end === "broken") controller.error(new Error("gone"));
    },
  });

test("a body that breaks off, or comes too slowly, is answered 503, so that every provider sends it again", async () => {
  const after = (_: number, act: () => void) => {
    queueMicrotask(act);
    return () => {};
  };
  const impatient = { ...systemClock, after };
  const expected = { status: 503, body: { code: "overloaded" } };
  expect(await api()("resend", genuine().headers, unfinished("broken"))).toMatchObject(expected);
  expect(await api({}, impatient)("resend", genuine().headers, unfinished("open"))).toMatchObject(expected);
  expect(await api()("resend", genuine().headers, Uint8Array.from([0xff]))).toMatchObject({ status: 400 });
});

test("bodies that are under way share a part of the isolate's memory, and what is refused holds none", async () => {
  const doorMemory = new DoorMemory();
  const send = api({ doorMemory });
  const others = doorMemory.bodies.open("senders of events", Date.now);
  const { headers, body } = genuine();
  const large = "x".repeat(100_000);
  others.grow(64 * 1024);
  expect(await send("resend", headers, large)).toMatchObject({ status: 401 });
  others.close();
  const many = Array.from({ length: 6 }, () => doorMemory.bodies.open("senders of events", Date.now));
  for (const one of many) one.grow(1024 * 1024);
  expect(await send("resend", headers, large)).toMatchObject({ status: 503, body: { code: "overloaded" } });
  // A small one is never refused because of others.
  expect(await send("resend", headers, body)).toMatchObject({ status: 200 });
  for (const one of many) one.close();
  expect(doorMemory.bodies.bytes).toBe(0);
});
