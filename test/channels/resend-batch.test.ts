import { describe, expect, test } from "vitest";
import type { Refusal, Reply } from "../../src/channels/channel.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { resendProvider } from "../../src/channels/email/providers/resend.ts";
import { inBatches } from "../../src/email-batches.ts";
import { createHook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { never } from "../support/outside/signals.ts";

const envelope = (n: number): Envelope => ({
  from: "us@example.com",
  to: [`ada${n}@example.com`],
  subject: `Order ${n}`,
  text: "We have it.",
  tenantId: "acme",
  messageId: `msg_${n}`,
  committedAt: 0,
  attempt: 1,
  idempotencyKey: `msg_${n}/ep_email`,
});
const envelopes = [envelope(1), envelope(2), envelope(3)];

async function sendTo(answer: Answer): Promise<readonly Reply[] | Refusal> {
  const { url } = await createHook(answer);
  return batchOf(url).send(envelopes, "batch/k", never());
}

function batchOf(baseUrl: string, asked: string[] = []) {
  const { batch } = resendProvider({
    fetch: (url, init) => {
      asked.push(String(url));
      return fetch(url, init);
    },
    inBatches,
    apiKey: "re_key",
    baseUrl,
    now: Date.now,
  });
  if (!batch) throw new Error("Resend takes several e-mails at once");
  return batch;
}

const ids = (...all: string[]) => all.map((id) => ({ id }));
const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });

// https://resend.com/docs/api-reference/emails/send-batch-emails, read on 30 November 2026.
describe("several e-mails to Resend", () => {
  test("are one request, under a key of its own, each with its ids", async () => {
    const hook = await createHook(json({ data: ids("a", "b", "c") }));
    const asked: string[] = [];
    const batch = batchOf(hook.url, asked);
    expect(batch.most).toBe(100);
    const replies = await batch.send(envelopes, "batch/k", never());
    expect(replies).toMatchObject(["a", "b", "c"].map((id) => ({ kind: "accepted", id, excerpt: id })));
    expect(asked).toEqual([`${hook.url}/emails/batch`]);
    const [request] = await hook.received();
    expect(request?.headers).toMatchObject({
      "idempotency-key": "batch/k",
      "x-batch-validation": "permissive",
    });
    const body = JSON.parse(request?.body ?? "");
    expect(body).toHaveLength(3);
    expect(body[1]).toMatchObject({
      to: ["ada2@example.com"],
      tags: [
        { name: "outbox-message", value: "msg_2" },
        { name: "outbox-tenant", value: "acme" },
      ],
    });
  });

  test("a bad one is told by its place, and the others have their own ids", async () => {
    const errors = [{ index: 1, message: "The `to` field is not valid." }];
    expect(await sendTo(json({ data: ids("a", "c"), errors }))).toMatchObject([
      { kind: "accepted", id: "a" },
      { kind: "permanent", scope: "message", error: "validation_error", excerpt: errors[0]?.message },
      { kind: "accepted", id: "c" },
    ]);
  });

  test.each<[string, Answer]>([
    ["fewer ids", json({ data: ids("a", "b") })],
    ["more ids", json({ data: ids("a", "b", "c", "d") })],
    ["an empty id", json({ data: ids("a", "", "c") })],
    ["an id that is none", json({ data: [{ id: 1 }, { id: "b" }, null] })],
    ["no list", json({ data: "a" })],
    ["errors without places", json({ data: ids("a"), errors: [{}, {}] })],
    ["a list of errors that is none", json({ data: ids("a", "b", "c"), errors: 7 })],
    ["one e-mail's answer", json({ id: "a" })],
    ["a page of a proxy", { status: 200, body: "<html>Welcome</html>" }],
    ["nothing", { status: 200, body: "" }],
    ["half a body", { status: 200, body: '{"data":[{"id":"a"},{"id":"b"},{"id":"c"}', instead: "break" }],
  ])("200 with %s is uncertain for all", async (_, answer) => {
    expect(await sendTo(answer)).toMatchObject({ kind: "temporary", error: "uncertain" });
  });

  test("a refusal of the whole is one, with its scope and its wait, and without the key", async () => {
    const limited = {
      ...json({ name: "rate_limit_exceeded", message: "re_key" }, 429),
      headers: { "retry-after": "2" },
    };
    const refusal = await sendTo(limited);
    expect(refusal).toMatchObject({ kind: "temporary", spares: true, retryAfterMs: 2000, httpStatus: 429 });
    expect(JSON.stringify(refusal)).not.toContain("re_key");
    expect(await sendTo(json({ name: "invalid_api_key" }, 403))).toMatchObject({ scope: "account" });
    expect(await sendTo(json({ name: "validation_error" }, 422))).toMatchObject({
      kind: "permanent",
      scope: "message",
    });
  });

  test("a hundred ids and errors fit into the answer that is read", async () => {
    const hook = await createHook(
      json({
        data: [],
        errors: Array.from({ length: 100 }, (_, index) => ({ index, message: "x".repeat(1000) })),
      }),
    );
    const many = Array.from({ length: 100 }, (_, n) => envelope(n));
    expect(await batchOf(hook.url).send(many, "batch/k", never())).toHaveLength(100);
  });
});
