import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, test, vi } from "vitest";
import type { ApiTools } from "../../../src/api/context.ts";
import { type Authorize, dashboard } from "../../../src/dashboard/dashboard.ts";
import type { OutboxEnv } from "../../../src/index.ts";
import { keyRingOf } from "../../support/secrets/key-ring.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { ADA, deploy } from "../../support/worker/deployment.ts";

type Answer = Awaited<ReturnType<Authorize<OutboxEnv>>>;

/** A deployment whose app answers so of everybody. */
const appThat = (answer: unknown, tools: Partial<ApiTools> = {}, signInUrl?: string) =>
  deploy(tools, { authorize: () => answer as Answer, ...(signInUrl !== undefined && { signInUrl }) });

const STAFF = { role: "manage", name: "eve@shop.example" };

describe("whom an app has signed in", () => {
  test("calls the API under the name and the role that the app tells, and stands so in the audit", async () => {
    const { path } = await createTenant();
    const eve = appThat(STAFF).visitor();
    const { status, body } = await eve.token();
    expect({ status, body }).toMatchObject({ status: 200, body: STAFF });
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
    await eve.call("POST", `${path}/event-types`, body.token, { name: "order.placed" });
    expect((await eve.call("DELETE", path, body.token)).body.code).toBe("forbidden");
    const { data } = (await call("GET", `${path}/audit?callerId=eve@shop.example`)).body;
    expect(data).toMatchObject([
      { operation: "createEventType", caller: "operator", callerId: STAFF.name, role: "manage" },
    ]);
  });

  test("is found by the app's own cookie and bindings", async () => {
    const authorize = vi.fn(async (request: Request, given: OutboxEnv) =>
      given.OPERATOR_TOKEN === env.OPERATOR_TOKEN && request.headers.get("cookie") === "shop=1"
        ? ({ role: "read", name: "eve" } as const)
        : null,
    );
    const one = deploy({}, { authorize }).visitor("http://outbox.test");
    expect((await one.token()).status).toBe(401);
    one.cookie = "shop=1";
    expect((await one.token()).body).toMatchObject({ role: "read", name: "eve" });
    expect(new URL(authorize.mock.calls[0]?.[0].url ?? "").pathname).toBe("/ui/token");
  });

  test("needs no operator's token, and those that are set open no session", async () => {
    expect((await appThat(STAFF, { operatorTokens: [] }).visitor().token()).status).toBe(200);
    const one = appThat(null).visitor();
    const refused = await one.signIn(ADA);
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(refused.headers.has("set-cookie")).toBe(false);
    const before = deploy().visitor();
    await before.signIn(ADA);
    one.cookie = before.cookie;
    expect((await one.token()).status).toBe(401);
    expect((await one.send("DELETE", "/ui/session")).status).toBe(204);
  });

  test("is not asked about by pages of another origin", async () => {
    const authorize = vi.fn(() => STAFF as Answer);
    const one = deploy({}, { authorize }).visitor();
    for (const place of ["/ui/token", "/portal/token"]) {
      const headers = { "sec-fetch-site": "cross-site" };
      expect((await one.send("POST", place, { body: {}, headers })).status).toBe(403);
    }
    expect(authorize).not.toHaveBeenCalled();
  });

  test("is nobody once the keys have changed, and not after five minutes", async () => {
    const before = appThat(STAFF);
    const { token } = (await before.visitor().token()).body;
    const after = deploy({ keyRing: keyRingOf("k2") }).visitor();
    expect((await after.call("GET", "/v1/tenants", token)).status).toBe(401);
    before.time.now += 300_000;
    expect((await before.visitor().call("GET", "/v1/tenants", token)).status).toBe(401);
  });

  test("has no token that an operator's session could have signed, nor the other way round", async () => {
    const eve = appThat(STAFF).visitor();
    const { token } = (await eve.token()).body;
    const ada = deploy().visitor();
    await ada.signIn(ADA);
    ada.cookie = `edge-outbox=${token.slice(4)}`;
    expect((await ada.token()).body.code).toBe("session_ended");
    // The signature is over the role.
    const [head, , signature] = token.split(".");
    const claims = { ...decodeJwt(token.slice(4)), role: "admin" };
    const forged = [head, btoa(JSON.stringify(claims)).replace(/=+$/, ""), signature].join(".");
    expect((await eve.call("GET", "/v1/tenants", forged)).status).toBe(401);
    expect((await eve.call("GET", "/v1/tenants", token)).status).toBe(200);
  });

  test("is refused by 503 without keys", async () => {
    expect((await appThat(STAFF, { keyRing: undefined }).visitor().token()).body.code).toBe(
      "secret_keys_missing",
    );
  });
});

describe("whom an app does not know", () => {
  test.each([null, undefined])("is told where to sign in: %s", async (nobody) => {
    const one = appThat(nobody, {}, "https://shop.example/login").visitor();
    for (const place of ["/ui/token", "/portal/token"]) {
      expect(await one.send("POST", place, { body: {} })).toMatchObject({
        status: 401,
        body: { code: "unauthorized", signInUrl: "https://shop.example/login" },
      });
    }
  });

  test("is told no address if there is none", async () => {
    expect((await appThat(null).visitor().token()).body).not.toHaveProperty("signInUrl");
  });

  test("is counted by address, and not let in to the count of others", async () => {
    let count = 0;
    const limit = async () => ({ success: ++count <= 2 });
    const { visitor } = appThat(null, { rateLimits: { ADDRESS_RATE: { limit } } });
    const headers = { "cf-connecting-ip": "203.0.113.7" };
    const statuses = [];
    for (let n = 0; n < 4; n++) {
      statuses.push((await visitor().send("POST", "/ui/token", { body: {}, headers })).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
  });
});

describe("an app that answers what it must not", () => {
  const NONSENSE: [string, unknown, string][] = [
    ["true", true, "authorize"],
    ["a text", "eve", "authorize"],
    ["no role", { name: "eve" }, "authorize"],
    ["a role that there is not", { role: "root", name: "eve" }, "authorize.role"],
    ["no name", { role: "admin" }, "authorize.name"],
    ["an empty name", { role: "admin", name: "" }, "authorize.name"],
    ["a name that is too long", { role: "admin", name: "e".repeat(255) }, "authorize.name"],
    ["half a character", { role: "admin", name: "\ud83d" }, "authorize.name"],
    ["both kinds", { role: "admin", tenant: "acme", scopes: ["read"], name: "eve" }, "authorize"],
    ["a scope that there is not", { tenant: "acme", scopes: ["admin"], name: "eve" }, "authorize.scopes"],
    ["no scope", { tenant: "acme", scopes: [], name: "eve" }, "authorize.scopes"],
  ];

  test.each(NONSENSE)("is told so, and lets nobody in: %s", async (_, answer, named) => {
    const log = vi.fn();
    const one = appThat(answer, { log }).visitor();
    for (const place of ["/ui/token", "/portal/token"]) {
      const { status, body } = await one.send("POST", place, { body: {} });
      expect({ status, body }).toMatchObject({ status: 500, body: { code: "internal_error" } });
      expect(body.detail).toContain(named);
      expect(body).not.toHaveProperty("token");
    }
    expect(log).toHaveBeenCalledWith(
      "dashboard.authorize_failed",
      expect.objectContaining({ error: expect.stringContaining(named) }),
    );
  });

  test.each([
    () => Promise.reject(new Error("the password is hunter2, and the call timed out")),
    () => {
      throw new Error("the password is hunter2");
    },
  ])("or fails is answered 500 without its words, which stand in the log", async (authorize) => {
    const log = vi.fn();
    const { status, body } = await deploy({ log }, { authorize }).visitor().token();
    expect({ status, code: body.code }).toEqual({ status: 500, code: "internal_error" });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    expect(log).toHaveBeenCalledWith(
      "dashboard.authorize_failed",
      expect.objectContaining({ error: expect.stringContaining("hunter2") }),
    );
  });
});

describe("a member of a tenant whom an app has signed in", () => {
  const member = (tenant: string, scopes = ["read", "manage"]) => ({
    tenant,
    scopes,
    name: "mia@acme.example",
  });
  const open = (answer: unknown, tools: Partial<ApiTools> = {}) =>
    appThat(answer, tools).visitor().send("POST", "/portal/token", { body: {} });

  test("gets an ordinary token of the tenant, of an hour, on its list and in its audit", async () => {
    const { id, path } = await createTenant();
    await call("PATCH", path, { body: { name: "Acme" } });
    const { status, body } = await open(member(id));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { name: "mia@acme.example", tenant: { id, name: "Acme" }, scopes: ["read", "manage"] },
    });
    const { data } = (await call("GET", `${path}/tokens`)).body;
    expect(data).toMatchObject([{ description: "portal: mia@acme.example", scopes: ["read", "manage"] }]);
    expect(data[0].expiresAt).toBe(body.expiresAt);
    const seconds = (Date.parse(data[0].expiresAt) - Date.parse(data[0].createdAt)) / 1000;
    expect(Math.ceil(seconds)).toBe(3600);
    expect((await call("GET", `${path}/audit?operation=issueToken`)).body.data).toMatchObject([
      { caller: "app", callerId: "mia@acme.example", role: null, subject: { token: data[0].id } },
    ]);
  });

  test("calls the API within the tenant and its scopes, until the token is revoked", async () => {
    const [own, other] = [await createTenant(), await createTenant()];
    const visitor = deploy({}, { authorize: () => member(own.id, ["read"]) as Answer }).visitor();
    const { token } = (await visitor.send("POST", "/portal/token", { body: {} })).body;
    expect((await visitor.call("GET", `${own.path}/endpoints`, token)).status).toBe(200);
    expect((await visitor.call("GET", `${other.path}/endpoints`, token)).body.code).toBe("tenant_not_found");
    expect((await visitor.call("POST", `${own.path}/endpoints`, token, {})).body.code).toBe("forbidden");
    expect((await visitor.call("GET", "/v1/tenants", token)).body.code).toBe("forbidden");
    const { data } = (await call("GET", `${own.path}/tokens`)).body;
    await call("DELETE", `${own.path}/tokens/${data[0].id}`);
    expect((await visitor.call("GET", `${own.path}/endpoints`, token)).body.code).toBe("token_revoked");
  });

  test("gets the same again while half of its time is left, and then another", async () => {
    const { id, path } = await createTenant();
    const { visitor, time } = appThat(member(id));
    const ask = async () => (await visitor().send("POST", "/portal/token", { body: {} })).body.token;
    const list = async () => (await call("GET", `${path}/tokens`)).body.data.length;
    const first = await ask();
    time.now += 29 * 60_000;
    expect(await ask()).toBe(first);
    expect(await list()).toBe(1);
    time.now += 2 * 60_000;
    expect(await ask()).not.toBe(first);
    expect(await list()).toBe(2);
  });

  test("gets another after the first was revoked, and one of its own for other scopes", async () => {
    const { id, path } = await createTenant();
    const first = (await open(member(id))).body;
    const reader = (await open(member(id, ["read"]))).body;
    expect(reader.scopes).toEqual(["read"]);
    const { data } = (await call("GET", `${path}/tokens`)).body;
    expect(data).toHaveLength(2);
    for (const token of data) await call("DELETE", `${path}/tokens/${token.id}`);
    const again = (await open(member(id))).body;
    expect(again.token).not.toBe(first.token);
    expect((await deploy().visitor().call("GET", path, again.token)).status).toBe(200);
  });

  test("gets none that an operator has issued under such a description", async () => {
    const { id, path } = await createTenant();
    const description = "portal: mia@acme.example";
    const body = { scopes: ["read", "manage"], description, expiresInSeconds: 366 * 24 * 3600 };
    const issued = (await call("POST", `${path}/tokens`, { body })).body;
    const given = (await open(member(id))).body;
    expect(given.token).not.toBe(issued.token);
    expect(Date.parse(given.expiresAt)).toBeLessThanOrEqual(Date.now() + 3600_000);
    expect((await call("GET", `${path}/tokens`)).body.data).toHaveLength(2);
  });

  test("of a tenant that is not there gets none", async () => {
    expect(await open(member(`t-${crypto.randomUUID()}`))).toMatchObject({
      status: 404,
      body: { code: "tenant_not_found" },
    });
  });

  test("is kept out of the dashboard, and an operator out of the portal", async () => {
    const { id } = await createTenant();
    expect(await appThat(member(id)).visitor().token()).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("portal") },
    });
    expect(await open(STAFF)).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("dashboard") },
    });
  });
});

test("the portal of a deployment without an app's sign-in opens by links alone", async () => {
  expect(await deploy().visitor().send("POST", "/portal/token", { body: {} })).toMatchObject({
    status: 401,
    body: { code: "unauthorized", detail: expect.stringContaining("link") },
  });
});

test("an option that there is not, and an address without a sign-in, are refused by their name", () => {
  expect(() => dashboard({ autorize: () => null } as object)).toThrow(/"autorize".*authorize, signInUrl/);
  expect(() => dashboard({ signInUrl: "/login" })).toThrow(/"signInUrl".*"authorize"/);
});
