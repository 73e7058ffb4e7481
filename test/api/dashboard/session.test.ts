import { env, exports } from "cloudflare:workers";
import { Hono } from "hono";
import { decodeJwt, UnsecuredJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import type { ApiTools } from "../../../src/api/context.ts";
import { limits } from "../../../src/platform/limits.ts";
import { readOperatorTokens } from "../../../src/platform/operator-tokens.ts";
import worker from "../../../src/worker.ts";
import { keyRingOf } from "../../support/secrets/key-ring.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { ADA, BEN, deploy } from "../../support/worker/deployment.ts";
import { Visitor } from "../../support/worker/visitor.ts";

const HTTPS = "https://outbox.test";

const visitor = () => new Visitor((url, init) => exports.default.fetch(url, init));

/** The same deployment with other settings, in which a visitor keeps its cookie. */
function afterChange(before: Visitor, tools: Partial<ApiTools>): Visitor {
  const after = deploy(tools).visitor();
  after.cookie = before.cookie;
  return after;
}

async function signedIn(deployment = deploy(), token = ADA): Promise<Visitor> {
  const one = deployment.visitor();
  expect((await one.signIn(token)).status).toBe(204);
  return one;
}

describe("an operator's token", () => {
  test("begins a session, whose pages call the API under its name and role", async () => {
    const { id, path } = await createTenant();
    const ada = await signedIn();
    const { status, body } = await ada.token();
    expect({ status, body }).toMatchObject({ status: 200, body: { name: "ada", role: "manage" } });
    expect((await ada.call("GET", path, body.token)).body).toMatchObject({ id });
    expect((await ada.call("POST", `${path}/tokens`, body.token, { scopes: ["read"] })).body).toMatchObject({
      code: "forbidden",
      detail: expect.stringContaining('"manage"'),
    });
  });

  test("stands in the audit by its name, though the page wrote with a token of minutes", async () => {
    const { path } = await createTenant();
    const ada = await signedIn();
    const { token } = (await ada.token()).body;
    await ada.call("POST", `${path}/event-types`, token, { name: "order.placed" });
    const { body } = await call("GET", `${path}/audit?operation=createEventType`);
    expect(body.data).toMatchObject([{ caller: "operator", callerId: "ada", role: "manage" }]);
  });

  test.each([
    ["wrong", "a-guess"],
    ["empty", ""],
    ["a part of it", ADA.slice(0, -1)],
    ["more than it", `${ADA}x`],
  ])("that is %s begins none: 401, without a cookie", async (_, token) => {
    const one = deploy().visitor();
    const answer = await one.signIn(token);
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.headers.has("set-cookie")).toBe(false);
  });

  test("is not that of a tenant", async () => {
    const { path } = await createTenant();
    const { body } = await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } });
    expect((await visitor().signIn(body.token)).status).toBe(401);
  });

  test("or keys that are not set: 503, which names the setting", async () => {
    const noOperator = deploy({ operatorTokens: [] }).visitor();
    expect(await noOperator.signIn(ADA)).toMatchObject({
      status: 503,
      body: { code: "operator_token_missing", detail: expect.stringContaining("OPERATOR_TOKEN") },
    });
    const noKeys = deploy({ keyRing: undefined }).visitor();
    expect(await noKeys.signIn(ADA)).toMatchObject({
      status: 503,
      body: { code: "secret_keys_missing", detail: expect.stringContaining("SECRET_KEYS") },
    });
    const ada = await signedIn();
    expect((await afterChange(ada, { operatorTokens: [] }).token()).body.code).toBe("operator_token_missing");
    expect((await afterChange(ada, { keyRing: undefined }).token()).body.code).toBe("secret_keys_missing");
  });

  test("is refused in a form of another shape, by the field's name", async () => {
    const one = deploy().visitor();
    const send = (body: unknown) => one.send("POST", "/ui/session", { body });
    expect((await send({})).body.errors).toMatchObject([{ path: "token" }]);
    expect((await send({ token: ADA, remember: true })).status).toBe(422);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await one.send("POST", "/ui/session", { body: { token: ADA }, headers: form });
    expect(answer).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    expect((await send({ token: "x".repeat(limits.signInBytes) })).status).toBe(413);
  });
});

describe("the cookie", () => {
  test("is out of the page's reach, of the same site, secure, and of the folder of its address", async () => {
    const { headers } = await deploy().visitor(HTTPS).signIn(ADA);
    expect(headers.get("set-cookie")?.split("; ").slice(1)).toEqual([
      "HttpOnly",
      "Secure",
      "SameSite=Strict",
      `Max-Age=${8 * 3600}`,
    ]);
    expect(headers.get("set-cookie")).toMatch(/^__Secure-edge-outbox=ey/);
  });

  test("has a plain name over http, as in development", async () => {
    const { headers } = await deploy().visitor().signIn(ADA);
    expect(headers.get("set-cookie")).toMatch(/^edge-outbox=ey/);
    expect(headers.get("set-cookie")).not.toContain("Secure");
  });

  test("is found beside others of its name, which a neighbour may have set", async () => {
    const ada = await signedIn();
    const { cookie = "" } = ada;
    for (const given of [`edge-outbox=junk; ${cookie}`, `edge-outbox=; a=b;${cookie}; edge-outbox=junk`]) {
      ada.cookie = given;
      expect((await ada.token()).body).toMatchObject({ name: "ada" });
    }
  });

  test("does not have the operator's token in it", async () => {
    const ada = await signedIn();
    const [, value = ""] = ada.cookie?.split("=") ?? [];
    expect(Object.keys(decodeJwt(value)).toSorted()).toEqual(["exp", "iss", "sub"]);
    expect(ada.cookie).not.toContain(ADA);
  });

  test("is not taken by the API, nor as a token", async () => {
    const { path } = await createTenant();
    const ada = await signedIn();
    for (const place of ["/v1/tenants", path, "/metrics"]) {
      expect(await ada.send("GET", place)).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    }
    const [, value = ""] = ada.cookie?.split("=") ?? [];
    for (const bearer of [value, `eob-${value}`, `eot-${value}`]) {
      expect((await ada.call("GET", "/v1/tenants", bearer)).status).toBe(401);
    }
  });

  test("is not replaced by a token of minutes, nor by one of a tenant", async () => {
    const { path } = await createTenant();
    const { body } = await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } });
    const ada = await signedIn();
    const bearer: string = (await ada.token()).body.token;
    for (const token of [bearer, bearer.slice(4), body.token, body.token.slice(4)]) {
      ada.cookie = `edge-outbox=${token}`;
      expect(await ada.token()).toMatchObject({ status: 401, body: { code: "session_ended" } });
    }
  });

  test("of the algorithm none, of garbage and of another operator's name is no session", async () => {
    const ada = await signedIn();
    const [, value = ""] = ada.cookie?.split("=") ?? [];
    const claims = decodeJwt(value);
    const [head, , signature] = value.split(".");
    const bens = btoa(JSON.stringify({ ...claims, sub: "ben" })).replace(/=+$/, "");
    for (const forged of [new UnsecuredJWT(claims).encode(), "garbage", `${head}.${bens}.${signature}`]) {
      ada.cookie = `edge-outbox=${forged}`;
      expect(await ada.token()).toMatchObject({ status: 401, body: { code: "session_ended" } });
    }
  });
});

describe("a session", () => {
  test("that nobody has begun is plainly unauthorized", async () => {
    expect(await visitor().token()).toMatchObject({ status: 401, body: { code: "unauthorized" } });
  });

  test("ends after eight hours, and no token of it lives longer", async () => {
    const deployment = deploy();
    const ada = await signedIn(deployment);
    const startedAt = Math.floor(deployment.time.now / 1000) * 1000;
    deployment.time.now = startedAt + limits.sessionSeconds * 1000 - 60_000;
    const { token, expiresAt } = (await ada.token()).body;
    expect(Date.parse(expiresAt)).toBe(startedAt + limits.sessionSeconds * 1000);
    expect((await ada.call("GET", "/v1/tenants", token)).status).toBe(200);
    deployment.time.now += 60_000;
    expect((await ada.token()).body.code).toBe("session_ended");
    expect((await ada.call("GET", "/v1/tenants", token)).status).toBe(401);
  });

  test("gives tokens of five minutes", async () => {
    const deployment = deploy();
    const ada = await signedIn(deployment);
    const { token, expiresAt } = (await ada.token()).body;
    expect(Date.parse(expiresAt) - Math.floor(deployment.time.now / 1000) * 1000).toBe(300_000);
    deployment.time.now += 300_000;
    expect(await ada.call("GET", "/v1/tenants", token)).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
    expect((await ada.token()).status).toBe(200);
  });

  test("ends with its operator token, and so do its tokens; those of others stay", async () => {
    const before = deploy();
    const [ada, ben] = [await signedIn(before), await signedIn(before, BEN)];
    const tokens = { ada: (await ada.token()).body.token, ben: (await ben.token()).body.token };
    const changed = { operatorTokens: readOperatorTokens(`ada:manage:${ADA}-new,ben:read:${BEN}`) };
    const [adaAfter, benAfter] = [afterChange(ada, changed), afterChange(ben, changed)];
    expect(await adaAfter.token()).toMatchObject({ status: 401, body: { code: "session_ended" } });
    expect((await adaAfter.call("GET", "/v1/tenants", tokens.ada)).status).toBe(401);
    expect((await benAfter.token()).body).toMatchObject({ name: "ben", role: "read" });
    expect((await benAfter.call("GET", "/v1/tenants", tokens.ben)).status).toBe(200);
  });

  test("stays while its token is replaced by another of the same name beside it", async () => {
    const ada = await signedIn();
    const operatorTokens = readOperatorTokens(`ada:admin:${ADA}-new,ada:manage:${ADA}`);
    expect((await afterChange(ada, { operatorTokens }).token()).body).toMatchObject({ role: "manage" });
  });

  test("has the role that its operator token has now", async () => {
    const ada = await signedIn();
    const { token } = (await ada.token()).body;
    const after = afterChange(ada, { operatorTokens: readOperatorTokens(`ada:read:${ADA}`) });
    expect((await after.token()).body.role).toBe("read");
    expect((await after.call("POST", "/v1/tenants", token, { id: "acme" })).body.code).toBe("forbidden");
  });

  test("ends when SECRET_KEYS changes, and outlives a key that is only no longer the current one", async () => {
    const ada = await signedIn();
    expect((await afterChange(ada, { keyRing: keyRingOf("k2", "k1") }).token()).status).toBe(200);
    expect((await afterChange(ada, { keyRing: keyRingOf("k2") }).token()).body.code).toBe("session_ended");
  });

  test("ends when its visitor signs out, in this browser", async () => {
    const ada = await signedIn();
    const answer = await ada.send("DELETE", "/ui/session");
    expect(answer.status).toBe(204);
    expect(answer.headers.get("set-cookie")).toMatch(/^edge-outbox=; HttpOnly; SameSite=Strict; Max-Age=0$/);
    expect((await ada.token()).body.code).toBe("unauthorized");
  });
});

describe("a page of another origin", () => {
  const PLACES = [
    ["POST", "/ui/session", { token: ADA }],
    ["POST", "/ui/token", {}],
    ["DELETE", "/ui/session", undefined],
  ] as const;
  const FOREIGN = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "cross-site", origin: "http://outbox.test" },
    { "sec-fetch-site": undefined, origin: "https://evil.example" },
    { "sec-fetch-site": undefined, origin: "null" },
    { "sec-fetch-site": undefined },
  ];
  test.each(PLACES)("is refused by %s %s, whatever it sends", async (method, path, body) => {
    const deployment = deploy();
    const ada = await signedIn(deployment);
    for (const foreign of FOREIGN) {
      const headers = new Headers({ "content-type": "application/json", cookie: ada.cookie ?? "" });
      for (const [name, value] of Object.entries(foreign)) if (value) headers.set(name, value);
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const answer = await deployment.send(path, init);
      expect(answer.status, JSON.stringify(foreign)).toBe(403);
      expect(answer.headers.has("set-cookie")).toBe(false);
      expect(await answer.json()).toMatchObject({ code: "forbidden" });
    }
  });

  test("is one whose origin is not that of the address; its own passes without Sec-Fetch-Site", async () => {
    const body = JSON.stringify({ token: ADA });
    const headers = { "content-type": "application/json", origin: "http://outbox.test" };
    expect((await deploy().send("/ui/session", { method: "POST", headers, body })).status).toBe(204);
  });

  test("is refused though the API takes calls of its origin", async () => {
    const { send } = deploy({ corsOrigins: ["https://app.example"] });
    const headers = {
      "content-type": "application/json",
      "sec-fetch-site": "cross-site",
      origin: "https://app.example",
    };
    const answer = await send("/ui/session", {
      method: "POST",
      headers,
      body: JSON.stringify({ token: ADA }),
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  });
});

describe("an address that guesses", () => {
  /** A limit of three refusals, and who asks from where. */
  function limited() {
    let count = 0;
    const limit = vi.fn(async () => ({ success: ++count <= 3 }));
    return { limit, ...deploy({ rateLimits: { ADDRESS_RATE: { limit } } }) };
  }
  const from = (address: string) => ({ "cf-connecting-ip": address });

  test("is answered 429 from its limit on, even with the right token, and not at another address", async () => {
    const { visitor } = limited();
    const guess = (token: string, address = "203.0.113.7") =>
      visitor().send("POST", "/ui/session", { body: { token }, headers: from(address) });
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await guess(`guess-${n}`)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(await guess(ADA)).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect((await guess(ADA, "203.0.113.8")).status).toBe(204);
  });

  test("is counted for sessions that are none, and keeps out no session that is one", async () => {
    const { visitor } = limited();
    const ada = visitor();
    await ada.signIn(ADA);
    const stranger = visitor();
    stranger.cookie = "edge-outbox=garbage";
    const ask = (one: Visitor) => one.send("POST", "/ui/token", { body: {}, headers: from("203.0.113.7") });
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask(stranger)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await ask(ada)).status).toBe(200);
  });

  test("is not counted for pages and their files", async () => {
    const { limit, send } = limited();
    for (const path of ["/ui/", "/ui/t/acme", "/portal/", "/ui/a/none.js"]) {
      await send(path, { headers: from("203.0.113.7") });
    }
    expect(limit).not.toHaveBeenCalled();
  });
});

test.each(["/a/b", "/outbox"])(
  "mounted under %s, a session begins, gives a token, and ends",
  async (prefix) => {
    const app = new Hono().mount(prefix, worker.fetch as unknown as (request: Request) => Response);
    const one = new Visitor((url, init) => app.request(url, init, env), `http://shop.test${prefix}`);
    const begun = await one.signIn(env.OPERATOR_TOKEN);
    expect(begun.status).toBe(204);
    expect(begun.headers.get("set-cookie")).not.toMatch(/path/i);
    const { token, name } = (await one.token()).body;
    expect(name).toBe("operator");
    expect((await one.call("GET", "/v1/tenants", token)).status).toBe(200);
    expect((await one.send("DELETE", "/ui/session")).status).toBe(204);
    expect((await one.token()).status).toBe(401);
  },
);

test("the log of requests tells who had a token, and never a secret", async () => {
  const log = vi.fn();
  const ada = await signedIn(deploy({ log }));
  const { token } = (await ada.token()).body;
  const requests = log.mock.calls.filter(([event]) => event === "http.request").map(([, fields]) => fields);
  expect(requests).toMatchObject([
    { route: "/ui/session", status: 204, caller: "operator", callerId: "ada", role: "manage" },
    { route: "/ui/token", status: 200, caller: "operator", callerId: "ada", role: "manage" },
  ]);
  for (const secret of [ADA, token, ada.cookie]) expect(JSON.stringify(log.mock.calls)).not.toContain(secret);
});
