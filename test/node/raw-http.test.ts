import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../support/programs/dev-server.ts";
import { sendRaw } from "../support/programs/raw-http.ts";

const folder = mkdtempSync(join(tmpdir(), "edge-outbox-raw-"));
/** What the Worker said of its requests, in its log. */
const handled: { requestId: string; method: string; route: string; status: number }[] = [];
let server: DevServer;
let port: number;

beforeAll(async () => {
  port = await findFreePort();
  const onLog = (line: string) => {
    const [json] = /\{"event":"http\.request".*\}/.exec(line) ?? [];
    if (json) handled.push(JSON.parse(json));
  };
  server = await startDevServer({ port, data: join(folder, "data"), vars: { LOG_LEVEL: "debug" }, onLog });
  expect((await call("/v1/tenants", { id: "raw" })).status).toBe(201);
});

afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function call(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.url + path, {
    method: body ? "POST" : "GET",
    headers: {
      authorization: `Bearer ${OPERATOR_TOKEN}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** The server lives on, and has written nothing. */
async function expectNothingWritten(): Promise<void> {
  const response = await call("/v1/tenants/raw/messages");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ data: [], nextCursor: null });
}

const MESSAGES = "/v1/tenants/raw/messages";
/** Were it taken, it would be written. */
const MESSAGE = '{"eventType":"raw.message","payload":1}';
const SIZE = MESSAGE.length;
const HEADERS = `Host: outbox.test\r\nAuthorization: Bearer ${OPERATOR_TOKEN}\r\nContent-Type: application/json\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** A request with these headers, whatever its body says of them. */
const post = (headers: string, body: string, path = MESSAGES, method = "POST") =>
  `${method} ${path} HTTP/1.1\r\n${HEADERS}${headers}\r\n${body}`;
const whole = post(`Content-Length: ${SIZE}\r\n`, MESSAGE);
/** Says only when others were answered that no more comes: until then it may be taken for a whole request. */
const sendWhole = (bytes: string) => sendRaw(port, bytes, { meanwhile: expectNothingWritten });
const chunked = (body: string) => post("Transfer-Encoding: chunked\r\n", body);

describe("a request that is cut off is not carried out", () => {
  test.each([
    ["within its body", post(`Content-Length: ${SIZE + 1}\r\n`, MESSAGE)],
    ["before its body", post(`Content-Length: ${SIZE}\r\n`, "")],
    ["within its headers", whole.slice(0, 100)],
    ["before its last chunk", chunked(chunk(MESSAGE))],
    ["within a chunk", chunked(chunk(MESSAGE).slice(0, -6))],
    ["within the size of a chunk", chunked(`${chunk(MESSAGE)}1`)],
  ])("%s, by whoever says so and by whoever is gone", async (_, bytes) => {
    for (const after of ["finish", "vanish"] as const) {
      const { status = 400 } = await sendRaw(port, bytes, { after });
      expect(status).toBeGreaterThanOrEqual(400);
    }
    await expectNothingWritten();
  });

  test("and while it dawdles the others are answered", async () => {
    let ended = false;
    const slow = sendRaw(port, post(`Content-Length: ${SIZE}\r\n`, MESSAGE.slice(0, -1)), {
      meanwhile: async () => {
        await expectNothingWritten();
        expect(ended).toBe(false);
      },
    });
    void slow.then(() => {
      ended = true;
    });
    expect((await slow).status ?? 400).toBeGreaterThanOrEqual(400);
    await expectNothingWritten();
  });
});

describe("a request that can be read in two ways is read in neither", () => {
  test.each([
    ["a body longer than it says", post(`Content-Length: ${SIZE - 1}\r\n`, MESSAGE)],
    ["two lengths", post(`Content-Length: ${SIZE}\r\nContent-Length: ${SIZE - 1}\r\n`, MESSAGE)],
    ["a list of lengths", post(`Content-Length: ${SIZE}, ${SIZE - 1}\r\n`, MESSAGE)],
    ["a length below nothing", post("Content-Length: -1\r\n", MESSAGE)],
    ["a length with a sign", post(`Content-Length: +${SIZE}\r\n`, MESSAGE)],
    ["a length past all numbers", post("Content-Length: 99999999999999999999\r\n", MESSAGE)],
    ["a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${whole}`)],
    ["chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", `0\r\n\r\n${whole}`)],
    ["a coding that is none", post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${whole}`)],
    ["chunks that are not last", post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${whole}`)],
    ["a blank before a colon", post(`Content-Length : ${SIZE}\r\n`, MESSAGE)],
    ["a folded header", post(`X-A: a\r\n Content-Length: ${SIZE}\r\n`, MESSAGE)],
    ["a size that is none", chunked(`zz\r\n${MESSAGE}\r\n0\r\n\r\n`)],
    ["a size past all numbers", chunked(`fffffffffffffffff\r\n${MESSAGE}\r\n0\r\n\r\n`)],
    ["two hosts", post(`Host: other.test\r\nContent-Length: ${SIZE}\r\n`, MESSAGE)],
    ["no host", whole.replace("Host: outbox.test\r\n", "")],
    ["two tokens", post(`Authorization: Bearer other\r\nContent-Length: ${SIZE}\r\n`, MESSAGE)],
    ["a NUL in a header", post(`X-A: a\0b\r\nContent-Length: ${SIZE}\r\n`, MESSAGE)],
  ])("%s", async (_, bytes) => {
    const { status = 400 } = await sendWhole(bytes);
    expect(status).toBeGreaterThanOrEqual(400);
    await expectNothingWritten();
  });
});

describe("a request that is too much, or not HTTP, is refused", () => {
  test.each([
    ["a header of a megabyte", post(`X-A: ${"a".repeat(1 << 20)}\r\n`, "")],
    ["headers over 32 KiB", post(`X-A: ${"a".repeat(33_000)}\r\nContent-Length: ${SIZE}\r\n`, MESSAGE)],
    ["ten thousand headers", post(Array.from({ length: 10_000 }, (_, at) => `X-${at}: 1\r\n`).join(""), "")],
    ["an address of a megabyte", post("", "", `${MESSAGES}?a=${"a".repeat(1 << 20)}`, "GET")],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["zeros", "\0".repeat(1000)],
  ])("%s", async (_, bytes) => {
    const { status = 400 } = await sendRaw(port, bytes);
    expect(status).toBeGreaterThanOrEqual(400);
    await expectNothingWritten();
  });
});

describe("a method or a path that is not quite one is none", () => {
  test.each(["post", "Post", "BREW", "PUT", "TRACE", "PROPFIND", "CONNECT", "PO\tST"])(
    "%s",
    async (method) => {
      const bytes = post(`Content-Length: ${SIZE}\r\n`, MESSAGE, MESSAGES, method);
      const { status = 400 } = await sendWhole(bytes);
      expect(status).toBeGreaterThanOrEqual(400);
      await expectNothingWritten();
    },
  );

  test.each([
    "/v1/tenants/raw%2fmessages",
    "/v1/tenants/raw%5cmessages",
    "/v1%2ftenants/raw/messages",
    "/v1/tenants/raw/messages%00",
    "/v1/tenants/raw%00/messages",
    "/v1/tenants/raw%20/messages",
    "/v1/tenants/RAW/messages",
    "/v1/tenants/%zz/messages",
    "/v1/tenants/%ff/messages",
    "/v1/tenants//messages",
    "/v1/tenants/raw/messages/",
    "/v1/tenants/raw/messages;a=b",
    "/v1/tenants/raw/messages\0",
    "//v1/tenants/raw/messages",
    "/v1/tenants/raw/../messages",
    "*",
    "v1/tenants/raw/messages",
  ])("%s", async (path) => {
    const { status = 400 } = await sendWhole(post(`Content-Length: ${SIZE}\r\n`, MESSAGE, path));
    expect(status).toBeGreaterThanOrEqual(400);
    await expectNothingWritten();
  });

  test.each([
    "/v1/tenants",
    "/health/../v1/tenants",
    "/docs/%2e%2e/v1/tenants",
    "/%76%31/tenants",
    "/v1%2ftenants",
    "/v1\\tenants",
    "//v1/tenants",
    "/./v1/tenants",
    "/V1/tenants",
    "/v1;/tenants",
    "/v1/tenants%3flimit=1",
    "http://outbox.test/v1/tenants",
  ])("no spelling gets past the token: %s", async (path) => {
    const { status = 0 } = await sendWhole(`GET ${path} HTTP/1.1\r\nHost: outbox.test\r\n\r\n`);
    expect([401, 404]).toContain(status);
  });
});

test("no such request is the Worker's fault: it has answered none with 5xx, and then answers as ever", async () => {
  const requestId = "the-last-one";
  const last = { eventType: "raw.last", payload: 1 };
  expect((await call(MESSAGES, last, { "x-request-id": requestId })).status).toBe(202);
  await waitUntil("the log of the last request", async () =>
    handled.some((one) => one.requestId === requestId),
  );
  expect(handled.length).toBeGreaterThan(50);
  expect(handled.filter(({ status }) => status >= 500)).toEqual([]);
});
