import { Webhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { describe, expect, test } from "vitest";
import type { Dispatch } from "../../src/channels/channel.ts";
import { retryAfterMs } from "../../src/channels/read-response.ts";
import { newSecret } from "../../src/channels/webhook/sign.ts";
import { systemRandom } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createHook, type Hook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { attemptTime, never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";
import { eventually } from "../support/runner/eventually.ts";

const secrets = [newSecret(systemRandom), newSecret(systemRandom)];
const payload = '{"total":12345678901234567890,"name":"Zoë ☃"}';

function dispatchTo(target: string, rest: Partial<Dispatch["endpoint"]> = {}): Dispatch {
  const endpoint = {
    id: "ep_1",
    target,
    headers: null,
    secretHeaders: null,
    payloadFormat: "standard" as const,
    secrets,
    ...rest,
  };
  return dispatchWith({ endpoint, payload });
}

interface Options {
  allowLoopback?: boolean;
  signal?: AbortSignal;
  /** Called when the headers of the answer are there. */
  onHeaders?: () => void;
  timeout?: (ms: number) => AbortSignal;
}

function deliver(
  dispatch: Dispatch,
  { allowLoopback = true, signal = never(), onHeaders = () => {}, timeout = never }: Options = {},
) {
  const fetchAndTell = async (...args: Parameters<typeof fetch>) => {
    const response = await fetch(...args);
    onHeaders();
    return response;
  };
  return webhooksWith({ fetch: fetchAndTell, timeout, allowLoopback }).deliver(dispatch, signal);
}

async function answerWith(...answers: Answer[]): Promise<{ hook: Hook; dispatch: Dispatch }> {
  const hook = await createHook(...answers);
  return { hook, dispatch: dispatchTo(hook.url) };
}

describe("the request", () => {
  const envelope = (data: string) =>
    `{"type":"order.placed","timestamp":"2026-11-23T22:08:38.620Z","data":${data}}`;
  const committedAt = Date.parse("2026-11-23T22:08:38.620Z");

  test.each([
    ["standard", "between the event type and its time", envelope(payload)],
    ["raw", "alone", payload],
  ] as const)(
    "%s: the payload byte for byte, %s, and any library verifies it with either secret",
    async (payloadFormat, _, body) => {
      const hook = await createHook();
      await deliver({ ...dispatchTo(hook.url, { payloadFormat }), committedAt });
      const [request] = await hook.received();
      expect(request?.body).toBe(body);
      for (const secret of secrets) {
        expect(() => new Webhook(secret).verify(request?.body ?? "", request?.headers ?? {})).not.toThrow();
        expect(() => new Svix(secret).verify(request?.body ?? "", request?.headers ?? {})).not.toThrow();
      }
      expect(() => new Webhook(newSecret(systemRandom)).verify(body, request?.headers ?? {})).toThrow();
      expect(request).toMatchObject({
        method: "POST",
        headers: {
          "webhook-id": "msg_1",
          "content-type": "application/json",
          "webhook-event-type": "order.placed",
        },
      });
    },
  );

  test.each([
    "12345678901234567890.0",
    '{ "b": 1,\n\t"a": [ -0, 1E400 ] , "a": "twice" }',
    '{"type":"order.refunded","timestamp":"1970-01-01T00:00:00Z","data":null}',
    '"}],\\"type\\":\\"x"',
    "null",
  ])("within the envelope, %s stays as it is", async (data) => {
    const hook = await createHook();
    await deliver({ ...dispatchTo(hook.url), payload: data, committedAt });
    const [request] = await hook.received();
    expect(request?.body).toBe(envelope(data));
    expect(request?.headers["content-length"]).toBe(
      String(new TextEncoder().encode(envelope(data)).byteLength),
    );
  });

  test("every attempt has one and the same body, freshly signed", async () => {
    const hook = await createHook();
    const dispatch = { ...dispatchTo(hook.url), committedAt };
    await deliver(dispatch);
    await deliver({ ...dispatch, attempt: 2, sentAt: dispatch.sentAt + 60_000 });
    const [first, second] = await hook.received();
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-timestamp"]).not.toBe(first?.headers["webhook-timestamp"]);
  });

  test("the largest payload goes out in its envelope", async () => {
    const hook = await createHook();
    const largest = JSON.stringify("x".repeat(limits.payloadBytes - 2));
    await deliver({ ...dispatchTo(hook.url), payload: largest, committedAt });
    expect((await hook.received())[0]?.body).toBe(envelope(largest));
  });

  test("a system event has its type in the body, whatever the format", async () => {
    const hook = await createHook();
    const dispatch = dispatchTo(hook.url, { payloadFormat: "raw" });
    await deliver({ ...dispatch, eventType: "endpoint.disabled", committedAt });
    const [request] = await hook.received();
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      type: "endpoint.disabled",
      data: { name: "Zoë ☃" },
    });
  });

  test("an endpoint's own headers go along, and cannot replace ours", async () => {
    const hook = await createHook();
    await deliver(dispatchTo(hook.url, { headers: { "x-team": "blue", "webhook-id": "forged" } }));
    const [request] = await hook.received();
    expect(request?.headers).toMatchObject({ "x-team": "blue", "webhook-id": "msg_1" });
  });
});

describe("secrets", () => {
  const key = "Bearer t0ken/with+every=thing";
  const secretHeaders = { Authorization: key, "x-marks": 'a "quoted" one', "x-short": "~" };

  test("go along in their headers, and beat an open one of the same name", async () => {
    const hook = await createHook();
    await deliver(dispatchTo(hook.url, { headers: { "x-open": "1" }, secretHeaders }));
    const [request] = await hook.received();
    expect(request?.headers).toMatchObject({
      "x-open": "1",
      authorization: key,
      "x-marks": 'a "quoted" one',
      "content-type": "application/json",
    });
  });

  test.each([200, 400, 410])("echoed by a receiver are not kept, with any status: %i", async (status) => {
    const body = `${secrets[0]} ${secrets[1]?.slice(6)} ${key} bad token "t0ken/with+every=thing" `;
    const hook = await createHook({ status, body, instead: "echo" });
    const reply = await deliver(dispatchTo(hook.url, { secretHeaders }));
    const bare = secrets.map((secret) => secret.slice(6));
    for (const secret of [...secrets, ...bare, key, "t0ken", "quoted", "~"]) {
      expect(reply.excerpt).not.toContain(secret);
    }
    expect(reply.excerpt).toContain('bad token "[redacted]"');
    expect(reply.excerpt).toContain('"webhook-id":"msg_1"');
  });

  test.each([10, 30, 50])(
    "no part of one is kept at the edge, %i characters before the end",
    async (room) => {
      const [first = "", second = ""] = secrets;
      const body = `${".".repeat(limits.excerptLength - room)}${first}${key}${second}`;
      const hook = await createHook({ status: 500, body });
      const { excerpt } = await deliver(dispatchTo(hook.url, { secretHeaders }));
      expect(excerpt?.length).toBeLessThanOrEqual(limits.excerptLength);
      expect(excerpt).toMatch(/^\.+whsec_\[/);
      expect(excerpt).not.toContain(first.slice(6, 12));
      expect(excerpt).not.toContain("Bearer");
    },
  );

  test("nothing is sent without a signature", async () => {
    const hook = await createHook();
    const reply = await deliver(dispatchTo(hook.url, { secrets: [] }));
    expect(reply).toMatchObject({ kind: "temporary", error: "secret_unavailable" });
    expect(await hook.received()).toEqual([]);
  });
});

describe("the meaning of the answer", () => {
  test.each([200, 201, 202, 204])("%i is success", async (status) => {
    const { dispatch } = await answerWith({ status });
    expect(await deliver(dispatch)).toMatchObject({ kind: "accepted", httpStatus: status });
  });

  test.each([400, 401, 403, 404, 409, 422, 429, 500, 503])("%i is tried again", async (status) => {
    const { dispatch } = await answerWith({ status, body: "why" });
    expect(await deliver(dispatch)).toMatchObject({
      kind: "temporary",
      error: "http_status",
      httpStatus: status,
      excerpt: "why",
    });
  });

  test.each([
    "Resource Limit Is Reached",
    "",
    "null",
    '"x"',
    '{"type":"about:blank","code":"loop_detected"}',
  ])("508 with %j is a host's whose resources are used up: it is tried again", async (body) => {
    const { dispatch } = await answerWith({ status: 508, body });
    expect(await deliver(dispatch)).toMatchObject({ kind: "temporary", error: "http_status" });
  });

  test("410 means gone", async () => {
    const { dispatch } = await answerWith({ status: 410 });
    expect(await deliver(dispatch)).toMatchObject({ kind: "gone", error: "gone", httpStatus: 410 });
  });

  test.each([301, 302, 303, 307, 308])("%i is a failure, and is not followed", async (status) => {
    const elsewhere = await createHook();
    const { dispatch } = await answerWith({ status, headers: { location: elsewhere.url } });
    expect(await deliver(dispatch)).toMatchObject({
      kind: "temporary",
      error: "redirect",
      httpStatus: status,
      excerpt: `Redirects to ${elsewhere.url}`,
    });
    expect(await elsewhere.received()).toEqual([]);
  });

  test.each([
    ["https://new.example/hook?token=1#part", "https://new.example/hook"],
    ["https://ada:pass@new.example/hook", "https://new.example/hook"],
    ["//new.example/hook", "http://new.example/hook"],
    ["/elsewhere?a=b", "http://{host}/elsewhere"],
    ["http://[::1", "http://[::1"],
  ])("where a redirect leads is on record, without its query: %s", async (location, to) => {
    const { hook, dispatch } = await answerWith({ status: 308, headers: { location }, body: location });
    const { excerpt } = await deliver(dispatch);
    expect(excerpt).toBe(`Redirects to ${to.replace("{host}", new URL(hook.url).host)}`);
  });

  test("a redirect that leads nowhere says what its body says", async () => {
    const { dispatch } = await answerWith({ status: 300, body: "several" });
    expect(await deliver(dispatch)).toMatchObject({ error: "redirect", excerpt: "several" });
  });

  test.each([
    [522, "timeout"],
    [526, "tls"],
    [530, "dns"],
    [520, "network"],
  ])("%i comes from Cloudflare, and means %s", async (status, error) => {
    const { dispatch } = await answerWith({ status });
    expect(await deliver(dispatch)).toMatchObject({ kind: "temporary", error, httpStatus: status });
  });

  test("Retry-After is read in seconds and as a date, and clamped to a day", async () => {
    const inSeconds = await answerWith({ status: 429, headers: { "retry-after": "120" } });
    expect(await deliver(inSeconds.dispatch)).toMatchObject({ retryAfterMs: 120_000 });

    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
    const asDate = await answerWith({ status: 503, headers: { "retry-after": date.toUTCString() } });
    const reply = await deliver(asDate.dispatch);
    expect(reply).toMatchObject({ retryAfterMs: date.getTime() - asDate.dispatch.sentAt });

    const farOff = await answerWith({ status: 503, headers: { "retry-after": "9999999" } });
    expect(await deliver(farOff.dispatch)).toMatchObject({ retryAfterMs: limits.retryAfterMs });
  });

  const now = 1_764_422_400_000;
  test.each([
    ["120", 120_000],
    ["1.5", 1500],
    ["120, 120", 120_000],
    ["0", 0],
    [String(now / 1000 + 90), 90_000],
    [String(now + 90_000), 90_000],
    [String(now / 1000 - 90), 0],
    [new Date(now + 60_000).toUTCString(), 60_000],
    [new Date(now + 60_000).toISOString(), 60_000],
    [new Date(now - 60_000).toUTCString(), 0],
    ["999999999", limits.retryAfterMs],
    ["soon", null],
    ["-5", null],
    ["120s", null],
    ["", null],
    [null, null],
  ])("Retry-After: %s is a wait, or an instant, or nothing", (header, wait) => {
    expect(retryAfterMs(header, now)).toBe(wait);
  });

  test("of a long body the beginning is kept, and the rest is not read", async () => {
    const { dispatch } = await answerWith({ status: 500, body: "x".repeat(5_000_000) });
    expect(await deliver(dispatch)).toMatchObject({ excerpt: "x".repeat(limits.excerptLength) });
  });
});

describe("the headers of an answer", () => {
  const headers = {
    "content-type": "text/html",
    "retry-after": "7",
    server: "nginx",
    "cf-ray": "8c1-MAD",
    "x-request-id": "r".repeat(300),
    "set-cookie": "a=b",
    "x-powered-by": "PHP",
  };
  const requestId = "r".repeat(200);

  test("are kept as far as they help to find its cause", async () => {
    const { dispatch } = await answerWith({ status: 503, headers }, { status: 410, headers });
    const { "set-cookie": _cookie, "x-powered-by": _powered, ...helpful } = headers;
    const kept = { ...helpful, "x-request-id": requestId };
    expect(await deliver(dispatch)).toMatchObject({ kind: "temporary", headers: kept });
    expect(await deliver(dispatch)).toMatchObject({ kind: "gone", headers: kept });
  });

  test("of an acceptance are those by which the receiver's own log is searched", async () => {
    const { dispatch } = await answerWith({ status: 200, headers });
    expect(await deliver(dispatch)).toMatchObject({
      kind: "accepted",
      headers: { "cf-ray": "8c1-MAD", "x-request-id": requestId },
    });
  });

  test("hold no secret that was sent", async () => {
    const { hook } = await answerWith({ status: 400, headers: { server: "saw Bearer abcdef-123456" } });
    const secretHeaders = { authorization: "Bearer abcdef-123456" };
    const { headers: kept } = await deliver(dispatchTo(hook.url, { secretHeaders }));
    expect(kept?.["server"]).toBe("saw [redacted]");
  });
});

describe("the excerpt", () => {
  const utf16 = (text: string) => Array.from(text, (char) => [char.charCodeAt(0), 0]).flat();
  const base64 = (bytes: readonly number[]) => btoa(String.fromCharCode(...bytes));
  const bigEndian = (text: string) => utf16(text).map((_, at, all) => all[at ^ 1] ?? 0);

  test.each([
    ["UTF-16 with its mark", undefined, [0xff, 0xfe, ...utf16("no way")]],
    ["UTF-16 the other way round", undefined, [0xfe, 0xff, ...bigEndian("no way")]],
    ["UTF-16 without a mark", undefined, utf16("no way")],
    ["UTF-16 the other way round, without", undefined, bigEndian("no way")],
    ["UTF-16, as the response says", "text/plain; charset=UTF-16LE", utf16("no way")],
    ["UTF-8 with its mark", "text/plain", [0xef, 0xbb, 0xbf, ...new TextEncoder().encode("no way")]],
    ["a charset that nobody knows", "text/plain; charset=x-none", [...new TextEncoder().encode("no way")]],
  ])("it is read in %s", async (_, contentType, bytes) => {
    const headers = { ...(contentType && { "content-type": contentType }) };
    const { dispatch } = await answerWith({ status: 500, headers, bytes: base64(bytes) });
    expect(await deliver(dispatch)).toMatchObject({ excerpt: "no way" });
  });

  test.each([
    ["windows-1252", [0x80, 0x20, 0xfc], "€ ü"],
    ['"iso-8859-1"', [0xe9], "é"],
    ["shift_jis", [0x93, 0xfa], "日"],
  ])("it is read by the response's charset, %s", async (charset, bytes, text) => {
    const headers = { "content-type": `text/html; charset=${charset}` };
    const { dispatch } = await answerWith({ status: 500, headers, bytes: base64(bytes) });
    expect(await deliver(dispatch)).toMatchObject({ excerpt: text });
  });

  test.each(["\0", "a\0b", "\0\0\0\0", "oops\0", "\0oops", "\x1b[31mred\x7f", "a\tb\r\nc"])(
    "a control character is seen, and is no secret: %j",
    async (body) => {
      const { dispatch } = await answerWith({ status: 500, body });
      const { excerpt } = await deliver(dispatch);
      const seen = body.replaceAll("\0", "␀").replaceAll("\x1b", "␛").replaceAll("\x7f", "␡");
      expect(excerpt).toBe(seen);
    },
  );

  test.each([200, 500, 410])("of a body that breaks off, what came before: %i", async (status) => {
    const { dispatch } = await answerWith({ status, body: "no", instead: "break" });
    expect(await deliver(dispatch)).toMatchObject({ httpStatus: status, excerpt: "no" });
  });
});

describe("when there is no answer", () => {
  test("headers that never come end with the timeout", async () => {
    const { hook, dispatch } = await answerWith({ instead: "hang" });
    const time = attemptTime();
    const reply = deliver(dispatch, { signal: time.signal });
    await eventually(async () => expect(await hook.received()).toHaveLength(1));
    time.end();
    expect(await reply).toMatchObject({ kind: "temporary", error: "timeout" });
  });

  test("a body that never ends holds a failure up for the attempt's time", async () => {
    const time = attemptTime();
    const { dispatch } = await answerWith({ status: 500, instead: "stall" });
    const failing = await deliver(dispatch, { signal: time.signal, onHeaders: time.end });
    expect(failing).toMatchObject({ httpStatus: 500, excerpt: null });
  });

  test("a body that never ends holds a success up for a quarter of a second: its headers have said so", async () => {
    const { dispatch } = await answerWith({ status: 200, instead: "stall" });
    const asked: number[] = [];
    const timeout = (ms: number) => {
      asked.push(ms);
      const second = attemptTime();
      second.end();
      return second.signal;
    };
    expect(await deliver(dispatch, { timeout })).toMatchObject({ kind: "accepted", excerpt: null });
    expect(asked).toEqual([limits.acceptedBodyMs]);
  });

  test("a connection that is dropped", async () => {
    const { dispatch } = await answerWith({ instead: "drop" });
    expect(await deliver(dispatch)).toMatchObject({ kind: "temporary", error: "connection_lost" });
  });

  test("a port where nobody listens", async () => {
    expect(await deliver(dispatchTo("http://127.0.0.1:1/"))).toMatchObject({ error: "connection_lost" });
  });
});

test("an address that is no longer allowed is not called: the stored URL is checked again", async () => {
  const { hook, dispatch } = await answerWith();
  expect(await deliver(dispatch, { allowLoopback: false })).toMatchObject({
    kind: "permanent",
    error: "target_refused",
  });
  expect(await hook.received()).toEqual([]);
});
