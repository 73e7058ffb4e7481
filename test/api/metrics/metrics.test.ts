import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import { metricLimits } from "../../../src/metrics/metric-limits.ts";
import { seriesOf } from "../../support/metrics.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const OPERATORS = [{ name: "prometheus", role: "read" as const, token: "token-of-prometheus" }];
const authorized = { headers: { authorization: "Bearer token-of-prometheus" } };

describe("GET /metrics", () => {
  test("answers in the format of Prometheus, to an operator who may read", async () => {
    const response = await apiWith({ operatorTokens: OPERATORS })("/metrics", authorized);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const series = seriesOf(await response.text());
    expect(Object.keys(series).length).toBeGreaterThan(100);
    expect(Object.values(series).every((value) => !Number.isNaN(value))).toBe(true);
    expect(series['edge_outbox_build_info{version="0.1.0"}']).toBe(1);
  });

  test("is refused to a tenant's token, whatever its scopes, and to nobody's", async () => {
    const { path } = await createTenant();
    const { token } = (await call("POST", `${path}/tokens`, { body: { scopes: ["read", "manage"] } })).body;
    expect(await call("GET", "/metrics", { token })).toMatchObject({
      status: 403,
      body: { code: "forbidden" },
    });
    expect(await call("GET", "/metrics", { token: null })).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
  });

  test("has the guard of addresses: who guesses tokens is not heard", async () => {
    const limit = async () => ({ success: false });
    const api = apiWith({ rateLimits: { ADDRESS_RATE: { limit } }, doorMemory: new DoorMemory() });
    const guess = () =>
      api("/metrics", { headers: { authorization: "Bearer guess", "cf-connecting-ip": "203.0.113.9" } });
    expect((await guess()).status).toBe(429);
  });

  test("adds series of the tenants that are named, several if it is given several times", async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const of = async (query: string) => seriesOf((await call<string>("GET", `/metrics${query}`)).body);
    const total = (id: string) => `edge_outbox_tenant_messages_committed_total{tenant="${id}"}`;
    expect(await of(`?tenant=${one.id}`)).toHaveProperty([total(one.id)], 0);
    const both = await of(`?tenant=${one.id}&tenant=${other.id}&tenant=nobody`);
    expect(both).toHaveProperty([total(one.id)]);
    expect(both).toHaveProperty([total(other.id)]);
    expect(both).not.toHaveProperty([total("nobody")]);
    expect(Object.keys(await of("")).filter((name) => name.includes("tenant="))).toEqual([]);
  });

  test.each([
    ["?tenant=Not+an+id", "tenant"],
    ["?tenant=", "tenant"],
    [`?${"tenant=a&".repeat(metricLimits.tenants + 1)}`, "tenant"],
    ["?tenants=acme", "tenants"],
  ])("names a parameter that is wrong: %s", async (query, name) => {
    const { status, body } = await call("GET", `/metrics${query}`);
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toContain(name);
  });

  test("is found under any prefix under which the API is mounted, and takes GET alone", async () => {
    const { Hono } = await import("hono");
    const api = apiWith({ operatorTokens: OPERATORS });
    const app = new Hono().mount("/app/outbox", (request) => {
      const { pathname } = new URL(request.url);
      return api(pathname, { headers: request.headers });
    });
    const answered = await app.fetch(new Request("http://app.test/app/outbox/metrics", authorized));
    expect(answered.status).toBe(200);
    expect((await call("POST", "/metrics")).status).toBe(405);
  });

  test("tells that D1 is away", async () => {
    const lost = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
    const db = { prepare: (query: string) => env.DB.prepare(query), batch: lost };
    const response = await apiWith({ db, operatorTokens: OPERATORS })("/metrics", authorized);
    expect([response.status, await response.json()]).toMatchObject([503, { code: "storage_unavailable" }]);
  });
});
