import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { InboxOptions } from "../../src/inbox/inbox.ts";
import { inboxLimits } from "../../src/inbox/limits.ts";
import {
  applyInboxMigrations,
  type Env,
  newWebhookSecret,
  post,
  sign,
  startInbox,
  type ToSend,
} from "../support/outside/inbox.ts";

beforeAll(applyInboxMigrations);
afterEach(() => vi.useRealTimers());

const PLAIN = {
  status: 500,
  body: { code: "internal_error", detail: "The webhook could not be taken in. Send it again." },
};
const OK = { status: 200, body: { duplicate: false } };

describe("a webhook that is authentic", () => {
  test("is handed over as it was signed: id, instants, event type, payload and body", async () => {
    const seen: unknown[] = [];
    const inbox = await startInbox({ receive: (webhook) => void seen.push({ ...webhook, env: undefined }) });
    const body =
      '{ "type": "order.placed",  "timestamp": "2022-11-03T20:26:10.344522Z", "data": {"name":"Zoë ☃"}, "more": 1 }';
    expect(await inbox.send({ id: "msg_1", body, sentAt: inbox.world.now })).toMatchObject(OK);
    expect(seen).toEqual([
      {
        id: "msg_1",
        sentAt: new Date(Math.floor(inbox.world.now / 1000) * 1000),
        eventType: "order.placed",
        occurredAt: new Date("2022-11-03T20:26:10.344Z"),
        payload: { name: "Zoë ☃" },
        body,
        env: undefined,
      },
    ]);
  });

  test.each([
    ["no type", { data: 1 }],
    ["a type that is no text", { type: 7 }],
    ["no fields", [1, 2]],
    ["nothing", null],
  ])("in the format raw, with %s has no event type, whatever a header says", async (_, payload) => {
    const seen: unknown[] = [];
    const receive: InboxOptions<Env>["receive"] = ({ eventType }) => void seen.push(eventType);
    const inbox = await startInbox({ payloadFormat: "raw", receive });
    const headers = { "webhook-event-type": "order.refunded" };
    expect(await inbox.send({ payload, headers })).toMatchObject(OK);
    expect(seen).toEqual([null]);
  });

  test("in the format raw is handed over whole, also where it has the keys of an envelope", async () => {
    const seen: unknown[] = [];
    const receive: InboxOptions<Env>["receive"] = ({ eventType, occurredAt, payload }) =>
      void seen.push({ eventType, occurredAt, payload });
    const inbox = await startInbox({ payloadFormat: "raw", receive });
    const payload = { type: "order.placed", timestamp: "2026-11-23T22:08:38.620Z", data: { total: 42 } };
    expect(await inbox.send({ payload })).toMatchObject(OK);
    expect(seen).toEqual([{ eventType: "order.placed", occurredAt: null, payload }]);
  });

  test.each([["0"], ["false"], ["null"], ['""'], ["[]"]])("may have %s as its data", async (data) => {
    const seen: unknown[] = [];
    const inbox = await startInbox({ receive: ({ payload }) => void seen.push(payload) });
    const body = `{"type":"a","timestamp":"2026-11-23T23:08:38+01:00","data":${data}}`;
    expect(await inbox.send({ body })).toMatchObject(OK);
    expect(seen).toEqual([JSON.parse(data)]);
  });
});

describe("a signed body that is not { type, timestamp, data } is refused, and nothing happens", () => {
  const timestamp = "2026-11-23T22:08:38.620Z";
  test.each([
    ["no type", { timestamp, data: 1 }],
    ["an empty type", { type: "", timestamp, data: 1 }],
    ["a type that is no text", { type: 7, timestamp, data: 1 }],
    ["no timestamp", { type: "a", data: 1 }],
    ["a number as its timestamp", { type: "a", timestamp: 1_700_000_000, data: 1 }],
    ["a timestamp without an offset", { type: "a", timestamp: "2026-11-23T22:08:38", data: 1 }],
    ["a day that is none", { type: "a", timestamp: "2026-02-30T22:08:38Z", data: 1 }],
    ["no data", { type: "a", timestamp, total: 1 }],
    ["a list", [{ type: "a", timestamp, data: 1 }]],
    ["a text", "a"],
    ["null", null],
  ])("%s", async (_, payload) => {
    const inbox = await startInbox();
    const answer = await inbox.send({ payload, headers: { "webhook-event-type": "a" } });
    expect(answer).toMatchObject({ status: 400, body: { code: "malformed_body" } });
    expect(answer.body.detail).toContain('payloadFormat: "raw"');
    expect(await inbox.counter.moved()).toBe(0);
    expect(await inbox.receipts()).toEqual([]);
  });
});

describe("while the sender rotates its secret", () => {
  const [old, next, strange] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];

  test.each([
    ["an array", [old, next]],
    ["one text, separated by spaces", `${old} ${next}`],
    ["one text, separated by commas", `${next}, ${old}`],
    ["an array in which one is not set", [undefined, next, "", old]],
  ])("a receiver with both takes what either, or both, have signed: %s", async (_, secrets) => {
    const inbox = await startInbox({ secrets: () => secrets });
    expect(await inbox.send({ secrets: [old] })).toMatchObject(OK);
    expect(await inbox.send({ secrets: [next] })).toMatchObject(OK);
    expect(await inbox.send({ secrets: [strange, next] })).toMatchObject(OK);
    expect(await inbox.send({ secrets: [strange] })).toMatchObject({ status: 401 });
    expect(await inbox.counter.moved()).toBe(3);
  });

  test("a receiver with one of them takes what both have signed", async () => {
    const inbox = await startInbox({ secrets: async () => old });
    expect(await inbox.send({ secrets: [next, old] })).toMatchObject(OK);
    expect(await inbox.send({ secrets: [next] })).toMatchObject({ status: 401 });
  });
});

describe("a secret as senders show it", () => {
  const [one, two] = [newWebhookSecret(), newWebhookSecret()];
  test.each([
    ["with a version", `v1,${one}`],
    ["several with a version", `v1,${two}|v1,${one}`],
    ["several with a version, separated by spaces", `v1,${two} v1,${one}`],
    ["as an array with versions", [`v1,${two}`, `v1,${one}`]],
    ["without its prefix", one.slice(6)],
    ["with blanks around it", `  ${one}\n`],
  ])("%s", async (_, secrets) => {
    const inbox = await startInbox({ secrets: () => secrets });
    expect(await inbox.send({ secrets: [one] })).toMatchObject(OK);
    expect(await inbox.send({ secrets: [newWebhookSecret()] })).toMatchObject({ status: 401 });
  });
});

describe("the scheme under its older names", () => {
  const renamed = (given: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name.replace("webhook-", "svix-"), value]),
    );
  const sendAs = async (change: (headers: Record<string, string>) => Record<string, string>) => {
    const inbox = await startInbox();
    const { headers, ...rest } = sign({ id: "msg_1", secrets: [inbox.secret] });
    const answer = await post(inbox.handler, { ...rest, headers: change(headers) });
    return { answer, receipts: await inbox.receipts() };
  };

  test("is verified, and its id remembered", async () => {
    expect(await sendAs(renamed)).toMatchObject({ answer: OK, receipts: ["msg_1"] });
  });

  test("beside the newer ones, these count", async () => {
    const both = (given: Record<string, string>) => ({ ...renamed(given), ...given, "svix-id": "msg_other" });
    expect(await sendAs(both)).toMatchObject({ answer: OK, receipts: ["msg_1"] });
  });

  test.each(["svix-id", "svix-timestamp", "svix-signature"])("without %s it is refused", async (name) => {
    const without = (given: Record<string, string>) => {
      const { [name]: _, ...rest } = renamed(given);
      return rest;
    };
    const { answer, receipts } = await sendAs(without);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_headers" } });
    expect(receipts).toEqual([]);
  });

  test("a changed header is not authentic", async () => {
    const changed = (given: Record<string, string>) => ({ ...renamed(given), "svix-id": "msg_2" });
    expect(await sendAs(changed)).toMatchObject({ answer: { status: 401 }, receipts: [] });
  });
});

describe("of who has no signature that could be one, no body is read", () => {
  test.each([
    ["no version", "x".repeat(44)],
    ["another version", `v1a,${"A".repeat(86)}==`],
    ["a signature that is too short", `v1,${btoa("short")}`],
    ["no base 64", `v1,${"*".repeat(43)}=`],
    ["a signature that is too long", `v1,${"A".repeat(88)}`],
  ])("%s", async (_, signature) => {
    const inbox = await startInbox();
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
    const { headers } = sign({ secrets: [inbox.secret] });
    const answer = await post(inbox.handler, {
      method: "POST",
      headers: { ...headers, "webhook-signature": signature },
      body,
    });
    expect(answer).toMatchObject({ status: 401, body: { code: "not_authentic" } });
    expect(pulled).toBe(0);
  });

  test("a signature that is right counts among many others", async () => {
    const inbox = await startInbox();
    const { headers, ...rest } = sign({ secrets: [inbox.secret] });
    const others = Array.from({ length: 50 }, (_, n) => `v1,${btoa(String.fromCharCode(n).repeat(32))}`);
    const signature = [...others, "v1a,x", headers["webhook-signature"]].join(" ");
    const all = { ...headers, "webhook-signature": signature };
    expect(await post(inbox.handler, { ...rest, headers: all })).toMatchObject(OK);
  });
});

describe("the timestamp may be five minutes off", () => {
  test.each([
    [-300, 200],
    [300, 200],
    [-301, 401],
    [301, 401],
  ])("%i seconds: %i", async (seconds, status) => {
    const inbox = await startInbox();
    const now = Date.parse("2026-11-23T12:00:00Z");
    vi.useFakeTimers({ toFake: ["Date"], now });
    expect(await inbox.send({ sentAt: now + seconds * 1000 })).toMatchObject({ status });
    expect(await inbox.receipts()).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe("a webhook that is not authentic is refused, and nothing happens", () => {
  async function refuse(webhook: ToSend | ((secret: string) => ToSend)) {
    const inbox = await startInbox();
    const answer = await inbox.send(typeof webhook === "function" ? webhook(inbox.secret) : webhook);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({
      status: answer.status,
      type: expect.stringContaining(answer.body.code),
    });
    expect(await inbox.counter.moved()).toBe(0);
    expect(await inbox.receipts()).toEqual([]);
    expect(inbox.events).toMatchObject([{ event: "inbox.refused", code: answer.body.code }]);
    return answer;
  }

  test("a signature that differs in any one of its characters", async () => {
    const inbox = await startInbox();
    const request = sign({ secrets: [inbox.secret] });
    const [, signature = ""] = request.headers["webhook-signature"]?.split(",") ?? [];
    expect(signature).toHaveLength(44);
    for (let at = 0; at < signature.length; at++) {
      const other = signature[at] === "A" ? "B" : "A";
      const forged = `v1,${signature.slice(0, at)}${other}${signature.slice(at + 1)}`;
      const headers = { ...request.headers, "webhook-signature": forged };
      expect(await post(inbox.handler, { ...request, headers }), `character ${at}`).toMatchObject({
        status: 401,
      });
    }
    expect(await inbox.counter.moved()).toBe(0);
    expect(await post(inbox.handler, request)).toMatchObject(OK);
  });

  test("a signature whose last character has other bits that count for nothing", async () => {
    const inbox = await startInbox();
    const { headers, ...rest } = sign({ secrets: [inbox.secret] });
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const other = (last: string) => alphabet[alphabet.indexOf(last) + 1] ?? "";
    const given = headers["webhook-signature"] ?? "";
    const forged = given.replace(/(.)=$/, (_, last: string) => `${other(last)}=`);
    expect(atob(forged.slice(3))).toBe(atob(given.slice(3)));
    const changed = { ...headers, "webhook-signature": forged };
    expect(await post(inbox.handler, { ...rest, headers: changed })).toMatchObject({ status: 401 });
  });

  test.each([
    ["no signature of this version", (v1: string) => v1.replace("v1,", "v1a,")],
    ["a part of it", (v1: string) => v1.slice(0, -1)],
    ["more than it", (v1: string) => `${v1}A`],
    ["only the version", () => "v1,"],
    ["no signature at all", () => "v1"],
    ["something else", () => "sha256=abc"],
  ])("a signature that is %s", async (_, forge) => {
    const inbox = await startInbox();
    const request = sign({ secrets: [inbox.secret] });
    const headers = {
      ...request.headers,
      "webhook-signature": forge(request.headers["webhook-signature"] ?? ""),
    };
    const answer = await post(inbox.handler, { ...request, headers });
    expect(answer).toMatchObject({ status: 401, body: { code: "not_authentic" } });
    expect(answer.headers.get("www-authenticate")).not.toBeNull();
    expect(await inbox.counter.moved()).toBe(0);
  });

  test.each(["webhook-id", "webhook-timestamp"])("another %s than was signed", async (name) => {
    const inbox = await startInbox();
    const request = sign({ id: "10", secrets: [inbox.secret] });
    const headers = { ...request.headers, [name]: `${Number(request.headers[name]) + 1}` };
    expect(await post(inbox.handler, { ...request, headers })).toMatchObject({ status: 401 });
    expect(await inbox.counter.moved()).toBe(0);
  });

  test("another body than was signed", async () => {
    const inbox = await startInbox();
    const request = sign({ body: '{"total":1}', secrets: [inbox.secret] });
    expect(await post(inbox.handler, { ...request, body: '{"total":2}' })).toMatchObject({ status: 401 });
    expect(await inbox.counter.moved()).toBe(0);
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("without %s", async (name) => {
    const answer = await refuse({ headers: { [name]: undefined } });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_headers" } });
    expect(answer.body.detail).toContain(name);
  });

  test.each(["soon", "1e9", "+1700000000", "0170000000", "1700000000.5", "1700000000abc", "-1", "0"])(
    "the timestamp %s",
    async (timestamp) => {
      const answer = await refuse({ headers: { "webhook-timestamp": timestamp } });
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid_headers" } });
    },
  );

  test.each(["a.b", "a b", "é", "x".repeat(inboxLimits.webhookIdLength + 1)])("the id %s", async (id) => {
    const answer = await refuse({ headers: { "webhook-id": id } });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_headers" } });
  });

  test("one signature for two ids: what was signed with a number as its payload, cut elsewhere", async () => {
    const inbox = await startInbox({ payloadFormat: "raw" });
    const sentAt = Date.now();
    const seconds = Math.floor(sentAt / 1000);
    const request = sign({ id: "msg_1", body: `${seconds}.5`, sentAt, secrets: [inbox.secret] });
    expect(await post(inbox.handler, request)).toMatchObject(OK);
    const cut = { ...request, headers: { ...request.headers, "webhook-id": `msg_1.${seconds}` }, body: "5" };
    expect(await post(inbox.handler, cut)).toMatchObject({ status: 400, body: { code: "invalid_headers" } });
    expect(await inbox.counter.moved()).toBe(1);
  });

  test.each([
    ["no JSON", "{"],
    ["empty", ""],
    ["JSON behind a byte order mark", "\ufeff{}"],
  ])("a signed body that is %s", async (_, body) => {
    expect(await refuse({ body })).toMatchObject({ status: 400, body: { code: "malformed_body" } });
  });

  test("a body that is not UTF-8, though its text would verify", async () => {
    const body = Uint8Array.from([0x22, 0xff, 0x22]);
    expect(await refuse({ body })).toMatchObject({ status: 400, body: { code: "malformed_body" } });
  });

  test("a body that breaks off", async () => {
    const inbox = await startInbox();
    const { headers } = sign({ secrets: [inbox.secret] });
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("connection lost")) });
    expect(await post(inbox.handler, { method: "POST", headers, body })).toMatchObject({
      status: 400,
      body: { code: "malformed_body" },
    });
  });
});

describe("a body that is too large", () => {
  test("is refused by a byte, and one that just fits is taken", async () => {
    const inbox = await startInbox({ payloadFormat: "raw", maxBodyBytes: 100 });
    const ofBytes = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
    expect(await inbox.send({ body: ofBytes(100) })).toMatchObject(OK);
    const refused = await inbox.send({ body: ofBytes(101) });
    expect(refused).toMatchObject({ status: 413, body: { code: "body_too_large" } });
    expect(await inbox.counter.moved()).toBe(1);
  });

  test("is not read to its end when it does not say how large it is", async () => {
    const inbox = await startInbox({ maxBodyBytes: 1000 });
    let chunks = 0;
    let cancelled = false;
    const body = new ReadableStream({
      pull: (controller) => {
        chunks++;
        controller.enqueue(new Uint8Array(400));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const { headers } = sign({ secrets: [inbox.secret] });
    expect(await post(inbox.handler, { method: "POST", headers, body })).toMatchObject({ status: 413 });
    expect(chunks).toBeLessThan(10);
    expect(cancelled).toBe(true);
  });

  test("by default is larger than 512 KiB", async () => {
    const inbox = await startInbox({ payloadFormat: "raw" });
    const body = JSON.stringify("x".repeat(512 * 1024 - 2));
    expect(await inbox.send({ body })).toMatchObject(OK);
    expect(await inbox.send({ body: `${body} ` })).toMatchObject({ status: 413 });
  });
});

describe("an inbox that is not set up tells its log what is missing, and strangers nothing", () => {
  test.each([
    ["no secret", { secrets: () => undefined }, '"secrets" returned none'],
    ["only empty secrets", { secrets: () => ["", " , "] }, '"secrets" returned none'],
    ["something that is no secret", { secrets: () => "whsec_tell-tale" }, "(number 1)"],
    ["an asymmetric key", { secrets: () => `whpk_${btoa("tell-tale".repeat(4))}` }, "(number 1)"],
    ["a secret that is too short", { secrets: () => `whsec_${btoa("tell-tale")}` }, "at least 24 bytes"],
    ["a database that is not there", { database: () => undefined as never }, '"database"'],
    ["an empty source", { source: () => "" }, '"source"'],
  ])("%s", async (_, options, said) => {
    const inbox = await startInbox(options);
    const answer = await inbox.send();
    expect(answer).toMatchObject(PLAIN);
    expect(inbox.events).toMatchObject([{ event: "inbox.failed", error: expect.stringContaining(said) }]);
    expect(JSON.stringify([answer.body, inbox.events])).not.toMatch(/tell-tale|dGVsbC10YWxl/);
  });

  test("no binding DB", async () => {
    const inbox = await startInbox();
    const answer = await inbox.send({}, {});
    expect(answer).toMatchObject(PLAIN);
    expect(inbox.events).toMatchObject([{ error: expect.stringContaining("DB") }]);
  });

  test("a body that was read before", async () => {
    const inbox = await startInbox();
    const app = new Hono().use(async (c, next) => {
      await c.req.json();
      await next();
    });
    const request = sign({ secrets: [inbox.secret] });
    const response = await app.post("/webhooks", inbox.handler).request("/webhooks", request, env);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject(PLAIN.body);
    expect(inbox.events).toMatchObject([{ error: expect.stringContaining("Mount the inbox before") }]);
  });

  test.each([
    [{ rememberDays: 0 }, "rememberDays"],
    [{ rememberDays: Number.NaN }, "rememberDays"],
    [{ maxBodyBytes: 0 }, "maxBodyBytes"],
    [{ payloadFormat: "auto" as never }, "payloadFormat"],
    [{ source: "" }, "source"],
    [{ source: "s".repeat(129) }, "source"],
  ])("%j is refused when the inbox is made", async (options, named) => {
    await expect(startInbox(options)).rejects.toThrow(`"${named}"`);
  });
});

test("neither payloads nor secrets are logged, and what went wrong is", async () => {
  const inbox = await startInbox({
    payloadFormat: "raw",
    receive: ({ eventType }) => {
      if (eventType === "bad") throw new Error("no stock left");
      return undefined;
    },
  });
  await inbox.send({ id: "msg_1", payload: { data: "tell-tale" } });
  await inbox.send({ id: "msg_1", payload: { data: "tell-tale" } });
  await inbox.send({ id: "msg_2", payload: { type: "bad", data: "tell-tale" } });
  await inbox.send({ id: "msg_3", payload: "tell-tale", secrets: [newWebhookSecret()] });
  await inbox.send({ id: "msg_4", body: "tell-tale" });
  expect(inbox.events.map(({ durationMs: _, ...rest }) => rest)).toEqual([
    { event: "inbox.received", source: inbox.source, webhookId: "msg_1", duplicate: false },
    { event: "inbox.received", source: inbox.source, webhookId: "msg_1", duplicate: true },
    {
      event: "inbox.failed",
      source: inbox.source,
      webhookId: "msg_2",
      code: "internal_error",
      error: "Error: no stock left",
    },
    expect.objectContaining({ event: "inbox.refused", webhookId: "msg_3", code: "not_authentic" }),
    expect.objectContaining({ event: "inbox.refused", webhookId: "msg_4", code: "malformed_body" }),
  ]);
  expect(JSON.stringify(inbox.events)).not.toMatch(/tell-tale|whsec/);
});
