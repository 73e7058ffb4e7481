import { env, exports } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import committed from "../../../docs/reference/openapi.json" with { type: "json" };
import { createApp, operations } from "../../../src/api/app.ts";
import type { ApiTools } from "../../../src/api/context.ts";
import { describeApi } from "../../../src/api/document/document.ts";
import { Gauge } from "../../../src/db/gauge.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { limits } from "../../../src/platform/limits.ts";
import { scanJson } from "../../../src/platform/scan-json.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const BASE = "http://outbox.test";
const get = (path: string, init: RequestInit = {}) => exports.default.fetch(`${BASE}${path}`, init);
const asOperator = { authorization: `Bearer ${env.OPERATOR_TOKEN}` };

describe("the document", () => {
  test("as served is the committed one, and matches the operations", async () => {
    const response = await get("/openapi.json");
    expect(response.headers.get("content-type")).toContain("application/json");
    const served = await response.json();
    expect(served, "run `npx node src/cli/openapi.ts` to write docs/reference/openapi.json anew").toEqual(
      committed,
    );
    expect(served).toEqual(JSON.parse(JSON.stringify(describeApi(operations))));
  });

  test("knows every route under /v1, and nothing that is not there", () => {
    const { routes: all } = createApp(() => ({}) as ApiTools);
    const routes = all.filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1"));
    const mounted = new Set(
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
    );
    const described = Object.entries(committed.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.filter((one) => one.includes("/v1")).toSorted()).toEqual([...mounted].toSorted());
  });

  test("says of whatever writes what a full database answers, and of nothing else", async () => {
    const answersFull = Object.entries(committed.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => [method, path, "507" in responses]),
    );
    expect(answersFull.filter(([method, , full]) => (method === "get") === full)).toEqual([]);

    const gauge = new Gauge();
    const full = apiWith({ db: gauge.watch(env.DB, Date.now), storage: { gauge, maxBytes: 1 } });
    const { path } = await createTenant();
    const headers = { ...asOperator, "content-type": "application/json" };
    const body = JSON.stringify({ to: "ada@example.com", subject: "Hello", text: "Hello" });
    // The first is let pass, and learns how large it is.
    await full(`${path}/emails`, { method: "POST", headers, body });
    expect((await full(`${path}/emails`, { method: "POST", headers, body })).status).toBe(507);
  });

  test("and its page are made once, however often they are asked for", async () => {
    const describing = vi.spyOn(operations, "getOpenAPI31Document");
    const send = apiWith({});
    for (const path of ["/docs", "/openapi.json"]) {
      const [first, second] = [await (await send(path)).text(), await (await send(path)).text()];
      expect(second).toBe(first);
    }
    expect(describing).toHaveBeenCalledTimes(2);
    describing.mockRestore();
  });

  test("is also a page, with nothing from elsewhere", async () => {
    const page = await get("/docs");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const html = await page.text();
    for (const methods of Object.values(committed.paths)) {
      for (const { operationId } of Object.values(methods)) expect(html).toContain(`id="${operationId}"`);
    }
    expect(html).not.toMatch(/<script [^>]*src|https?:\/\/(?!example\.com|127\.0\.0\.1)[^"\s<]*\.(js|css)/);
    expect(html).not.toContain("undefined");
    const style = await get("/docs/style.css");
    expect(style.headers.get("content-type")).toContain("text/css");
  });
});

describe("every answer", () => {
  test.each(["/health", "/openapi.json", "/docs", "/v1/tenants", "/nowhere"])(
    "of %s has the headers that OWASP asks for, and a request id",
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toContain("max-age=");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBeTruthy();
      expect(headers.get("x-request-id")).toBeTruthy();
      expect(headers.has("x-powered-by")).toBe(false);
      expect(headers.has("set-cookie")).toBe(false);
    },
  );

  test("of /v1 is kept by nobody", async () => {
    const { headers } = await call("GET", (await createTenant()).path);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("has the request id that the caller has chosen, if it is one", async () => {
    const chosen = await get("/health", { headers: { "x-request-id": "my-request-1" } });
    expect(chosen.headers.get("x-request-id")).toBe("my-request-1");
    const strange = await get("/health", { headers: { "x-request-id": "<script>" } });
    expect(strange.headers.get("x-request-id")).not.toContain("<");
  });
});

describe("requests beyond the limits", () => {
  test("an address over 8 KiB: 414, as the document says of the open ones too", async () => {
    expect((await call("GET", `/health?${"x".repeat(9000)}`, { token: null })).status).toBe(414);
  });

  test("an address over 8 KiB: 414", async () => {
    const response = await get(`/v1/tenants?cursor=${"x".repeat(9000)}`, { headers: asOperator });
    expect(response.status).toBe(414);
    expect(await response.json()).toMatchObject({ code: "uri_too_long" });
  });

  test("headers over 32 KiB: 431", async () => {
    const response = await get("/v1/tenants", { headers: { ...asOperator, "x-a": "x".repeat(40_000) } });
    expect(response.status).toBe(431);
    expect(await response.json()).toMatchObject({ code: "headers_too_large" });
  });

  test.each([
    ["arrays", (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`],
    ["objects", (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`],
  ])("%s nested deeper than allowed: 400, however deep, and without a stack overflow", async (_, nest) => {
    const { path } = await createTenant();
    const send = (payload: string) =>
      call("POST", `${path}/messages`, { text: `{"eventType":"a","payload":${payload}}` });
    expect((await send(nest(limits.jsonDepth - 1))).status).toBe(202);
    for (const depth of [limits.jsonDepth, 1000, 80_000]) {
      expect(await send(nest(depth))).toMatchObject({ status: 400, body: { code: "malformed_json" } });
    }
  });

  test("brackets within strings do not count", () => {
    expect(scanJson('{"a":"[[[[{{\\"[[","b":[[]]}').depth).toBe(3);
    expect(scanJson("1").depth).toBe(0);
    expect(scanJson('"\\').depth).toBe(0);
  });

  test("a parser's message about a body is not repeated, because it quotes the body", async () => {
    const { path } = await createTenant();
    const { status, body } = await call("POST", `${path}/messages`, { text: '{"eventType": my-secret}' });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain("my-secret");
  });
});

test("a method that a path does not take: 405, with those that it takes", async () => {
  const { path } = await createTenant();
  const answer = await call("PUT", `${path}/messages`, { body: {} });
  expect(answer).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
  expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "HEAD", "POST"]);
  expect((await get(`${path}/messages`, { method: "PUT" })).status).toBe(401);
});

describe("a webhook is no call of the API", () => {
  test.each([
    ["of an outbox", { "webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x" }],
    ["without its signature", { "webhook-id": "msg_1" }],
    ["without its id", { "Webhook-Signature": "v1,x" }],
  ])("%s is refused before it is looked at, and commits nothing", async (_, headers) => {
    const { path } = await createTenant();
    const body = { eventType: "a", payload: 1 };
    const answer = await call("POST", `${path}/messages`, { body, headers });
    expect(answer).toMatchObject({ status: 508, body: { code: "loop_detected" } });
    expect((await call("GET", path, { headers })).status).toBe(508);
    expect((await call("GET", `${path}/messages`)).body.data).toEqual([]);
  });

  test("outside of /v1 nothing is refused", async () => {
    expect((await get("/openapi.json", { headers: { "webhook-id": "msg_1" } })).status).toBe(200);
  });
});

describe("pages of other origins", () => {
  const origin = "https://app.example.com";
  const preflight = { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } };

  test("may not call unless a setting names them", async () => {
    const response = await get("/v1/tenants", { headers: { ...asOperator, origin } });
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
    expect((await get("/v1/tenants", preflight)).headers.has("access-control-allow-origin")).toBe(false);
  });

  test("may when it does, those alone, and never with cookies", async () => {
    const call = apiWith({ corsOrigins: [origin] });
    const allowed = await call("/v1/tenants", preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(allowed.headers.has("access-control-allow-credentials")).toBe(false);
    const answer = await call("/v1/tenants", { headers: { ...asOperator, origin } });
    expect(answer.headers.get("access-control-expose-headers")?.toLowerCase()).toContain("x-request-id");
    const foreign = await call("/v1/tenants", { headers: { ...asOperator, origin: "https://evil.example" } });
    expect(foreign.headers.has("access-control-allow-origin")).toBe(false);
  });

  test.each([
    ["an address that is too long", `/v1/tenants?cursor=${"x".repeat(9000)}`, {}, 414],
    ["headers that are too large", "/v1/tenants", { "x-a": "x".repeat(40_000) }, 431],
    ["no token", "/v1/tenants", { authorization: "" }, 401],
    ["a path that is not there", "/v1/nowhere", {}, 404],
    ["a method that is not taken", "/v1/tenants", {}, 405],
    ["a webhook", "/v1/tenants", { "webhook-id": "msg_1", "webhook-signature": "v1,x" }, 508],
  ])("are told why they are refused: %s", async (_, path, more, status) => {
    const call = apiWith({ corsOrigins: [origin] });
    const method = status === 405 ? "PUT" : "GET";
    const answer = await call(path, { method, headers: { ...asOperator, origin, ...more } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-expose-headers")?.toLowerCase()).toContain("x-request-id");
  });
});

describe("a tenant's tokens are braked", () => {
  async function issue(path: string): Promise<{ id: string; token: string }> {
    return (await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } })).body;
  }

  test("by Cloudflare's binding, with headers that say how much is left", async () => {
    const { path } = await createTenant();
    const { token, id } = await issue(path);
    const headers = { authorization: `Bearer ${token}` };
    let left = 2;
    const limit = vi.fn(async () => ({ success: left-- > 0 }));
    const send = apiWith({ rateLimits: { API_RATE: { limit } } });
    const first = await send(path, { headers });
    expect(first.status).toBe(200);
    expect(first.headers.get("ratelimit-policy")).toBe(
      `"token";q=${limits.apiRequestsPerPeriod};w=${limits.apiPeriodSeconds}`,
    );
    expect(first.headers.get("ratelimit")).toBe(
      `"token";r=${limits.apiRequestsPerPeriod - 1};t=${limits.apiPeriodSeconds}`,
    );
    await send(path, { headers });
    const third = await send(path, { headers });
    expect(third.status).toBe(429);
    expect(await third.json()).toMatchObject({ code: "rate_limited" });
    expect(third.headers.get("ratelimit")).toContain("r=0;");
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(limit).toHaveBeenCalledWith({ key: id });
  });

  test("each for itself, and one that does not answer lets everybody pass", async () => {
    const { path } = await createTenant();
    const [one, other] = [await issue(path), await issue(path)];
    const limit = vi.fn(async ({ key }: { key: string }) => ({ success: key !== one.id }));
    const send = apiWith({ rateLimits: { API_RATE: { limit } } });
    const status = async ({ token }: { token: string }) =>
      (await send(path, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status(one), await status(other)]).toEqual([429, 200]);
    const broken = apiWith({ rateLimits: { API_RATE: { limit: () => Promise.reject(new Error("gone")) } } });
    expect((await broken(path, { headers: { authorization: `Bearer ${one.token}` } })).status).toBe(200);
  });

  test("large bodies and costly checks count several times, until less than nothing is left", async () => {
    const { path } = await createTenant();
    const scopes = ["messages:write", "manage"];
    const { token } = (await call("POST", `${path}/tokens`, { body: { scopes } })).body;
    const send = apiWith({ rateLimits: { API_RATE: { limit: async () => ({ success: true }) } } });
    const post = async (to: string, body: unknown) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const answer = await send(`${path}/${to}`, { method: "POST", headers, body: JSON.stringify(body) });
      const [, left] = /r=(\d+)/.exec(answer.headers.get("ratelimit") ?? "") ?? [];
      return { status: answer.status, left: Number(left) };
    };
    const most = limits.apiRequestsPerPeriod;
    expect(await post("messages", { eventType: "a", payload: 1 })).toEqual({ status: 202, left: most - 1 });
    const large = { eventType: "a", payload: "x".repeat(3 * limits.bytesPerRequest) };
    expect(await post("messages", large)).toEqual({ status: 202, left: most - 5 });
    const mail = { to: ["ada@example.com", "bob@example.com"], subject: "Hello", text: large.payload };
    expect(await post("emails", mail)).toEqual({ status: 202, left: most - 5 - 7 });
    const schema = { allOf: Array(1999).fill({ type: "integer" }) };
    expect((await post("event-types", { name: "a.busy", schema })).status).toBe(201);
    const forSchema = most - 13 - (await post("messages", { eventType: "a", payload: 1 })).left;
    expect(forSchema).toBeGreaterThan(10);
    const before = (await post("messages", { eventType: "a.busy", payload: 1 })).left;
    const after = (await post("messages", { eventType: "a", payload: 1 })).left;
    expect(before - after).toBeGreaterThan(10);
  });

  test("a body that comes when the window has ended counts in the one that runs by then", async () => {
    const { path } = await createTenant();
    const scopes = ["messages:write"];
    const { token } = (await call("POST", `${path}/tokens`, { body: { scopes } })).body;
    let now = Date.now();
    const send = apiWith({
      clock: { ...systemClock, now: () => now },
      rateLimits: { API_RATE: { limit: async () => ({ success: true }) } },
    });
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          now += 2 * limits.apiPeriodSeconds * 1000;
          controller.enqueue(new TextEncoder().encode(`"${"x".repeat(2 * limits.bytesPerRequest)}"`));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await send(`${path}/messages`, { method: "POST", headers, body });
    const left = limits.apiRequestsPerPeriod - 2;
    expect(answer.headers.get("ratelimit")).toBe(`"token";r=${left};t=${limits.apiPeriodSeconds}`);
  });

  test("and one that is known to be revoked spends nothing", async () => {
    const { path } = await createTenant();
    const { id, token } = await issue(path);
    await call("DELETE", `${path}/tokens/${id}`);
    const limit = vi.fn(async () => ({ success: true }));
    const send = apiWith({ rateLimits: { API_RATE: { limit } } });
    for (let tries = 0; tries < 5; tries++) {
      const answer = await send(path, { headers: { authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: "token_revoked" });
    }
    expect(limit).toHaveBeenCalledTimes(1);
  });

  test("a commit's too, which finds out in its own batch", async () => {
    const { path } = await createTenant();
    const { body } = await call("POST", `${path}/tokens`, { body: { scopes: ["messages:write"] } });
    await call("DELETE", `${path}/tokens/${body.id}`);
    const limit = vi.fn(async () => ({ success: true }));
    const send = apiWith({ rateLimits: { API_RATE: { limit } } });
    const headers = { authorization: `Bearer ${body.token}`, "content-type": "application/json" };
    const message = JSON.stringify({ eventType: "a", payload: 1 });
    for (let tries = 0; tries < 3; tries++) {
      expect((await send(`${path}/messages`, { method: "POST", headers, body: message })).status).toBe(401);
    }
    expect(limit).toHaveBeenCalledTimes(1);
  });

  test("and the operator's is not", async () => {
    const { path } = await createTenant();
    const limit = vi.fn(async () => ({ success: false }));
    const send = apiWith({ rateLimits: { API_RATE: { limit } } });
    const response = await send(path, { headers: asOperator });
    expect(response.status).toBe(200);
    expect(response.headers.has("ratelimit")).toBe(false);
    expect(limit).not.toHaveBeenCalled();
  });

  test("by the binding that wrangler.toml names", async () => {
    const key = crypto.randomUUID();
    expect(await env.API_RATE.limit({ key })).toEqual({ success: true });
    expect(await env.ADDRESS_RATE.limit({ key })).toEqual({ success: true });
  });
});
