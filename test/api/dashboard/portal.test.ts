import { env, exports } from "cloudflare:workers";
import { Hono } from "hono";
import { decodeJwt, SignJWT, UnsecuredJWT } from "jose";
import { beforeEach, describe, expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { keyRingOf } from "../../support/secrets/key-ring.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { ADA, type Deployment, deploy } from "../../support/worker/deployment.ts";
import { Visitor } from "../../support/worker/visitor.ts";
import { World } from "../../support/world.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const codeOf = (url: string) => url.slice(url.indexOf("#") + 1);

/** A link as an operator makes it. */
async function link(input: object = {}, { send }: Deployment = deploy(), token = ADA): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(input) };
  const response = await send(`${tenant.path}/portal-links`, init);
  expect(response.status).toBe(201);
  return codeOf(((await response.json()) as { url: string }).url);
}

const open = (code: string, { visitor }: Pick<Deployment, "visitor"> = deploy()) =>
  visitor().send("POST", "/portal/session", { body: { code } });

const tokens = async () => (await call("GET", `${tenant.path}/tokens`)).body.data;

const create = (body: object) => call("POST", `${tenant.path}/portal-links`, { body });

describe("a link to the portal", () => {
  test("has its code in the fragment of the portal's address, and ends after five minutes", async () => {
    const { status, body } = await create({});
    expect(status).toBe(201);
    expect(body.url).toMatch(/^http:\/\/outbox\.test\/portal\/#ey[\w-]+\.[\w-]+\.[\w-]+$/);
    const seconds = (Date.parse(body.expiresAt) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(290);
    expect(seconds).toBeLessThanOrEqual(300);
  });

  test("needs no body, and writes nothing until it is opened", async () => {
    expect((await call("POST", `${tenant.path}/portal-links`)).status).toBe(201);
    expect(await tokens()).toEqual([]);
    expect((await call("GET", `${tenant.path}/audit?operation=createPortalLink`)).body.data).toEqual([]);
  });

  test("stands under the address that a setting names", async () => {
    const portal = { url: "https://app.example/a/b", frameAncestors: [], logoOrigins: [] };
    const headers = { authorization: `Bearer ${ADA}`, "content-type": "application/json" };
    const answer = await deploy({ portal }).send(`${tenant.path}/portal-links`, {
      method: "POST",
      headers,
      body: "{}",
    });
    expect(await answer.json()).toMatchObject({
      url: expect.stringMatching(/^https:\/\/app\.example\/a\/b\/portal\/#ey/),
    });
  });

  test("leads to the host of its request where no setting names one, of which the log tells once outside of development", async () => {
    for (const environment of ["production", "development"] as const) {
      const log = vi.fn();
      const deployment = deploy({ environment, log });
      for (const _ of ["once", "and again"]) await link({}, deployment);
      const told = log.mock.calls.filter(([event]) => event === "dashboard.url_missing");
      const expected = ["dashboard.url_missing", expect.objectContaining({ host: "outbox.test" })];
      expect(told).toEqual(environment === "production" ? [expected] : []);
    }
  });

  test("opens a session: a token of the tenant, on its list, of an hour, with both scopes", async () => {
    await call("PATCH", tenant.path, { body: { name: "Acme" } });
    const { status, body } = await open(await link());
    expect(status).toBe(200);
    expect(body).toEqual({
      token: expect.stringMatching(/^eot-ey/),
      expiresAt: expect.any(String),
      scopes: ["read", "manage"],
      name: "Acme",
      tenant: { id: tenant.id, name: "Acme" },
      theme: null,
      language: null,
      returnUrl: null,
      next: null,
      sessionId: null,
    });
    const [token] = await tokens();
    expect(token).toMatchObject({ description: "portal", scopes: ["read", "manage"], sessionId: null });
    expect(token.expiresAt).toBe(body.expiresAt);
    expect(Math.ceil((Date.parse(token.expiresAt) - Date.parse(token.createdAt)) / 1000)).toBe(3600);
  });

  test("names a tenant without a name by its id", async () => {
    expect((await open(await link())).body).toMatchObject({ name: tenant.id, tenant: { name: null } });
  });

  test("gives what it asked for to the page that opens it", async () => {
    const wishes = {
      language: "es",
      returnUrl: "https://app.example/settings?tab=webhooks",
      next: "endpoints?state=disabled",
      sessionId: "user-7",
    };
    const theme = { radius: 8, font: "serif", mode: "dark" };
    const code = await link({ ...wishes, theme, scopes: ["read"], expiresInSeconds: 60 });
    const { body } = await open(code);
    expect(body).toMatchObject({ ...wishes, theme, scopes: ["read"] });
    const [token] = await tokens();
    expect(token).toMatchObject({ sessionId: "user-7", scopes: ["read"] });
    expect(Math.ceil((Date.parse(token.expiresAt) - Date.parse(token.createdAt)) / 1000)).toBe(60);
  });

  test("makes an audit entry when it is opened, in the name of its maker, with the opener's address", async () => {
    const deployment = deploy();
    const code = await link({}, deployment);
    const headers = { "cf-connecting-ip": "203.0.113.7" };
    await deployment.visitor().send("POST", "/portal/session", { body: { code }, headers });
    const [token] = await tokens();
    expect((await call("GET", `${tenant.path}/audit?operation=createPortalLink`)).body.data).toMatchObject([
      {
        caller: "operator",
        callerId: "ada",
        role: "manage",
        subject: { token: token.id },
        affected: 1,
        address: "203.0.113.7",
      },
    ]);
  });

  test("is made by operators with the role manage, and by no tenant", async () => {
    const { token } = (await call("POST", `${tenant.path}/tokens`, { body: { scopes: ["read", "manage"] } }))
      .body;
    expect((await call("POST", `${tenant.path}/portal-links`, { body: {}, token })).body.code).toBe(
      "forbidden",
    );
    const ben = await deploy().send(`${tenant.path}/portal-links`, {
      method: "POST",
      headers: { authorization: "Bearer ben-has-a-token-of-some-length" },
    });
    expect(ben.status).toBe(403);
  });

  test("is made of a tenant that is there, and with keys to sign it", async () => {
    const nobody = await call("POST", `/v1/tenants/t-${crypto.randomUUID()}/portal-links`, { body: {} });
    expect(nobody).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
    const headers = { authorization: `Bearer ${ADA}` };
    const noKeys = await deploy({ keyRing: undefined }).send(`${tenant.path}/portal-links`, {
      method: "POST",
      headers,
    });
    expect(noKeys.status).toBe(503);
    expect(await open("x", deploy({ keyRing: undefined }))).toMatchObject({
      body: { code: "secret_keys_missing" },
    });
  });

  test("opens mounted under a path", async () => {
    const app = new Hono().mount("/a/b", worker.fetch as unknown as (request: Request) => Response);
    const { url } = (await create({})).body;
    const one = new Visitor((address, init) => app.request(address, init, env), "http://shop.test/a/b");
    const { status, body } = await one.send("POST", "/portal/session", { body: { code: codeOf(url) } });
    expect(status).toBe(200);
    expect((await one.call("GET", `${tenant.path}/endpoints`, body.token)).status).toBe(200);
  });
});

describe("a field of a link is refused by its name", () => {
  const REFUSED: [object, string, string][] = [
    [{ scopes: ["messages:write"] }, "scopes[0]", "read, manage"],
    [{ scopes: [] }, "scopes", "at least one"],
    [{ expiresInSeconds: 59 }, "expiresInSeconds", "60 to 604800"],
    [{ expiresInSeconds: 604_801 }, "expiresInSeconds", "60 to 604800"],
    [{ next: "/endpoints" }, "next", "path within the portal"],
    [{ next: "//evil.example" }, "next", "path within the portal"],
    [{ next: "https://evil.example" }, "next", "path within the portal"],
    [{ next: "\\\\evil.example" }, "next", "path within the portal"],
    [{ next: "java\nscript:alert(1)" }, "next", "path within the portal"],
    [{ next: "../ui/" }, "next", "path within the portal"],
    [{ next: "endpoints/../../ui" }, "next", "path within the portal"],
    [{ next: ".///evil.example" }, "next", "path within the portal"],
    [{ next: "./\\\\evil.example" }, "next", "path within the portal"],
    [{ next: "a/..//evil.example" }, "next", "path within the portal"],
    [{ next: "endpoints/%2e%2e/%2e%2e/ui" }, "next", "path within the portal"],
    [{ next: "endpoints#x" }, "next", "path within the portal"],
    [{ next: "e".repeat(513) }, "next", "512"],
    [{ returnUrl: "javascript:alert(1)" }, "returnUrl", "https URL"],
    [{ returnUrl: "http://app.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "/settings" }, "returnUrl", "https URL"],
    [{ returnUrl: " https://app.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "https:app.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "https:\\\\app.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "https:///app.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "https://app\t.example" }, "returnUrl", "https URL"],
    [{ returnUrl: "https://app.example/\n" }, "returnUrl", "https URL"],
    [{ returnUrl: "https://app.example:hunter2@evil.example" }, "returnUrl", "a user"],
    [{ returnUrl: "https://app.example@evil.example" }, "returnUrl", "a user"],
    [{ language: "fr" }, "language", "en"],
    [{ sessionId: "" }, "sessionId", "1 to 128"],
    [{ sessionId: "a b" }, "sessionId", "1 to 128"],
    [{ sessionId: "x".repeat(129) }, "sessionId", "1 to 128"],
    [{ theme: { accent: "red" } }, "theme.accent", "colour in hex"],
    [{ theme: { accent: "#12345" } }, "theme.accent", "colour in hex"],
    [{ theme: { accent: "#fff;background:url(//evil.example)" } }, "theme.accent", "colour in hex"],
    [{ theme: { radius: 25 } }, "theme.radius", "0 to 24"],
    [{ theme: { font: "Comic Sans" } }, "theme.font", "system"],
    [{ theme: { mode: "sepia" } }, "theme.mode", "light"],
    [{ theme: { logo: "https://cdn.example/logo.svg" } }, "theme.logo", "PORTAL_LOGO_ORIGINS"],
    [{ theme: { logo: "data:image/svg+xml,x" } }, "theme.logo", "https URL"],
    [{ theme: { css: "body{}" } }, "theme", '"css"'],
    [{ tenant: "other" }, "", '"tenant"'],
  ];
  test.each(REFUSED)("%j", async (input, path, said) => {
    const { status, body } = await create(input);
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ path, message: expect.stringContaining(said) }]);
  });

  test("and each of another type", async () => {
    const wrong = {
      scopes: 1,
      expiresInSeconds: "1",
      next: 1,
      theme: 1,
      language: 1,
      returnUrl: 1,
      sessionId: 1,
    };
    const { body } = await create(wrong);
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual(Object.keys(wrong));
  });

  test("and null is left out", async () => {
    const nulls = { scopes: null, expiresInSeconds: null, next: null, theme: null, language: null };
    const code = codeOf((await create({ ...nulls, returnUrl: null, sessionId: null })).body.url);
    const visitor = () => new Visitor((url, init) => exports.default.fetch(url, init));
    expect((await open(code, { visitor })).body).toMatchObject({ scopes: ["read", "manage"], next: null });
  });
});

test.each([
  ["endpoints", "endpoints"],
  ["", ""],
  ["endpoints/ep_1?tab=health", "endpoints/ep_1?tab=health"],
  ["a/../endpoints", "endpoints"],
  ["a b", "a%20b"],
])("a path within the portal is written as browsers write it: %s", async (given, next) => {
  expect((await open(await link({ next }))).body.next).toBe(next);
  expect((await open(await link({ next: given }))).body.next).toBe(next);
});

test("an address of the app is written as browsers write it", async () => {
  const returnUrl = "HTTPS://App.Example:443/a/../settings?tab=ä";
  expect((await open(await link({ returnUrl }))).body.returnUrl).toBe(
    "https://app.example/settings?tab=%C3%A4",
  );
});

test("an accent is a colour for light grounds, and one for dark ones", async () => {
  const { theme } = (await open(await link({ theme: { accent: "#FF0" } }))).body;
  expect(theme.accent).toEqual({
    light: expect.stringMatching(/^#[0-9a-f]{6}$/),
    dark: "#ffff00",
  });
  expect(theme.accent.light).not.toBe("#ffff00");
});

test("a logo is of an origin that the setting names", async () => {
  const portal = { url: undefined, frameAncestors: [], logoOrigins: ["https://cdn.example"] };
  const deployment = deploy({ portal });
  const logo = "https://cdn.example/acme/logo.svg";
  const { theme } = (await open(await link({ theme: { logo } }, deployment), deployment)).body;
  expect(theme).toEqual({ logo });
});

describe("a link is opened once", () => {
  test("in turn: the second is told so, and gets nothing", async () => {
    const deployment = deploy();
    const code = await link({}, deployment);
    expect((await open(code, deployment)).status).toBe(200);
    const again = await open(code, deployment);
    expect(again).toMatchObject({ status: 409, body: { code: "link_used" } });
    expect(again.body).not.toHaveProperty("token");
    expect(await tokens()).toHaveLength(1);
  });

  test("at the same instant, in two isolates: one of two gets a token", async () => {
    const code = await link();
    const answers = await Promise.all([open(code, deploy()), open(code, deploy()), open(code, deploy())]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(await tokens()).toHaveLength(1);
  });

  test("even if its token was revoked meanwhile", async () => {
    const code = await link();
    await open(code);
    const [{ id }] = await tokens();
    await call("DELETE", `${tenant.path}/tokens/${id}`);
    expect((await open(code)).body.code).toBe("link_used");
    expect(await tokens()).toEqual([]);
  });

  test("even if its session has ended and was purged meanwhile", async () => {
    const deployment = deploy();
    const code = await link({ expiresInSeconds: 60 }, deployment);
    await open(code, deployment);
    deployment.time.now += 120_000;
    const world = new World(env.DB);
    world.now = deployment.time.now;
    // One purge looks at so many tenants, and each test of this file has made one.
    await expect.poll(async () => world.purge().then(tokens)).toEqual([]);
    expect((await open(code, deployment)).body.code).toBe("link_used");
  });

  test("though the tenant sends a key of the same words with a request of its own", async () => {
    const code = await link();
    const headers = { "idempotency-key": `portal link ${decodeJwt(code).jti}` };
    const made = await call("POST", `${tenant.path}/event-types`, { body: { name: "a.b" }, headers });
    expect(made.status).toBe(201);
    expect((await open(code)).status).toBe(200);
  });

  test("also of a tenant that has all the tokens of the API that it may", async () => {
    await env.DB.prepare(
      "INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at) SELECT ?1, 'tok_' || value, '[\"read\"]', 0, 9e12 FROM json_each(?2)",
    )
      .bind(tenant.id, JSON.stringify(Array.from({ length: 1000 }, (_, n) => n)))
      .run();
    expect((await open(await link())).status).toBe(200);
    const issued = await call("POST", `${tenant.path}/tokens`, { body: { scopes: ["read"] } });
    expect(issued.body.code).toBe("token_limit_reached");
  });
});

describe("a code", () => {
  test("of a link that has expired is told apart, used or not", async () => {
    const deployment = deploy();
    const [used, unused] = [await link({}, deployment), await link({}, deployment)];
    await open(used, deployment);
    deployment.time.now += 300_000;
    for (const code of [used, unused]) {
      expect(await open(code, deployment)).toMatchObject({ status: 410, body: { code: "link_expired" } });
    }
    expect(await tokens()).toHaveLength(1);
  });

  test("that nobody has signed is none, and is counted as a guess", async () => {
    const code = await link();
    const [head = "", body = "", signature = ""] = code.split(".");
    const claims = decodeJwt(code);
    const forged = [
      "",
      "garbage",
      `${head}.${body}.`,
      new UnsecuredJWT(claims).setIssuer("edge-outbox").encode(),
      `${head}.${btoa(JSON.stringify({ ...claims, sub: "another" })).replace(/=+$/, "")}.${signature}`,
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(new Uint8Array(32)),
    ];
    for (const one of forged) {
      expect(await open(one), one).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    }
    let count = 0;
    const limit = async () => ({ success: ++count <= 2 });
    const { visitor } = deploy({ rateLimits: { ADDRESS_RATE: { limit } } });
    const guess = (body: object) =>
      visitor().send("POST", "/portal/session", { body, headers: { "cf-connecting-ip": "203.0.113.7" } });
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await guess({ code: "garbage" })).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    // Nobody guesses a signature: others at the address still open theirs.
    expect((await guess({ code })).status).toBe(200);
  });

  test("is no token and no session, and none of these is a code", async () => {
    const deployment = deploy();
    const code = await link({}, deployment);
    const one = deployment.visitor();
    for (const bearer of [code, `eot-${code}`, `eob-${code}`]) {
      expect((await one.call("GET", `${tenant.path}/endpoints`, bearer)).status).toBe(401);
    }
    one.cookie = `edge-outbox=${code}`;
    expect((await one.token()).body.code).toBe("session_ended");
    await one.signIn(ADA);
    const { token: bearer } = (await one.token()).body;
    const { token } = (await open(code, deployment)).body;
    for (const other of [one.cookie?.split("=")[1] ?? "", bearer, bearer.slice(4), token, token.slice(4)]) {
      expect((await open(other, deployment)).status).toBe(401);
    }
  });

  test("outlives a key that is only no longer the current one, and no key that is gone", async () => {
    const code = await link();
    expect((await open(code, deploy({ keyRing: keyRingOf("k2") }))).status).toBe(401);
    expect((await open(code, deploy({ keyRing: keyRingOf("k2", "k1") }))).status).toBe(200);
  });

  test("is taken from the portal's own pages alone, as JSON of a few kilobytes", async () => {
    const code = await link();
    const one = deploy().visitor();
    const send = (headers: object, body: object = { code }) =>
      one.send("POST", "/portal/session", { body, headers });
    expect((await send({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await send({ "content-type": "text/plain" })).status).toBe(415);
    expect((await send({}, { code: "x".repeat(17_000) })).status).toBe(413);
    expect((await send({}, { code, tenant: "other" })).body.errors).toHaveLength(1);
    expect((await send({})).status).toBe(200);
  });

  test("with the longest wishes still fits", async () => {
    const returnUrl = `https://app.example/${"x".repeat(2028)}`;
    const next = "%20".repeat(170);
    expect((await open(await link({ returnUrl, next, sessionId: "x".repeat(128) }))).status).toBe(200);
  });

  test("of a tenant that was deleted meanwhile opens nothing", async () => {
    const code = await link();
    await call("DELETE", tenant.path);
    expect((await open(code)).body.code).toBe("tenant_not_found");
  });
});

describe("a session of the portal", () => {
  test("sees its own tenant alone, and ends at once when its token is revoked", async () => {
    const other = await createTenant();
    const deployment = deploy();
    const { token } = (await open(await link({ scopes: ["read"] }, deployment), deployment)).body;
    const one = deployment.visitor();
    expect((await one.call("GET", `${tenant.path}/messages`, token)).status).toBe(200);
    for (const path of [`${other.path}/messages`, other.path, `${other.path}/endpoints`]) {
      expect((await one.call("GET", path, token)).body.code).toBe("tenant_not_found");
    }
    expect((await one.call("POST", `${tenant.path}/endpoints`, token, {})).body.code).toBe("forbidden");
    expect((await one.call("POST", `${tenant.path}/portal-links`, token, {})).body.code).toBe("forbidden");
    const [{ id }] = await tokens();
    await call("DELETE", `${tenant.path}/tokens/${id}`);
    expect((await one.call("GET", `${tenant.path}/messages`, token)).body.code).toBe("token_revoked");
  });

  test("that only reads is signed out of: its token is revoked, and no other", async () => {
    const deployment = deploy();
    const opened = async () =>
      (await open(await link({ scopes: ["read"] }, deployment), deployment)).body.token;
    const [token, other] = [await opened(), await opened()];
    const one = deployment.visitor();
    const id = decodeJwt(token.slice("eot-".length)).jti;
    for (const _ of ["at first", "and again"]) {
      expect((await one.call("DELETE", "/portal/session", token)).status).toBe(204);
    }
    expect((await one.call("GET", `${tenant.path}/messages`, token)).body.code).toBe("token_revoked");
    expect((await one.call("GET", `${tenant.path}/messages`, other)).status).toBe(200);
    expect((await tokens()).map((row: { id: string }) => row.id)).not.toContain(id);
    expect((await call("GET", `${tenant.path}/audit?operation=revokeToken`)).body.data).toMatchObject([
      { caller: "token", callerId: id, subject: { token: id }, affected: 1 },
    ]);
  });

  test("is signed out of by its own token, which the portal's own pages send", async () => {
    const deployment = deploy();
    const { token } = (await open(await link({}, deployment), deployment)).body;
    const one = deployment.visitor();
    const end = (headers: object) => one.send("DELETE", "/portal/session", { headers });
    const authorization = `Bearer ${token}`;
    expect((await end({ authorization, "sec-fetch-site": "cross-site" })).status).toBe(403);
    for (const other of [{}, { authorization: "Bearer x" }, { authorization: `Bearer ${ADA}` }]) {
      expect((await end(other)).body.code).toBe("unauthorized");
    }
    expect(await tokens()).toHaveLength(1);
    expect((await end({ authorization })).status).toBe(204);
    expect(await tokens()).toEqual([]);
  });

  test("of a name ends with all others of the name, in this tenant alone", async () => {
    const deployment = deploy();
    const opened = async (sessionId?: string) =>
      (await open(await link(sessionId ? { sessionId } : {}, deployment), deployment)).body.token;
    const [one, two, other, none] = [await opened("s"), await opened("s"), await opened("t"), await opened()];
    const elsewhere = await createTenant();
    const end = (path: string, id = "s") => call("DELETE", `${path}/tokens?sessionId=${id}`);
    expect(await end(elsewhere.path)).toMatchObject({ status: 200, body: { revoked: 0 } });
    expect(await end(tenant.path)).toMatchObject({ status: 200, body: { revoked: 2 } });
    expect(await end(tenant.path)).toMatchObject({ status: 200, body: { revoked: 0 } });
    const visitor = deployment.visitor();
    const statuses = [];
    for (const token of [one, two, other, none]) {
      statuses.push((await visitor.call("GET", `${tenant.path}/messages`, token)).status);
    }
    expect(statuses).toEqual([401, 401, 200, 200]);
    const { data } = (await call("GET", `${tenant.path}/audit?operation=revokeSession`)).body;
    expect(data).toMatchObject([{ subject: { session: "s" }, affected: 2 }]);
  });

  test("is named, when tokens are revoked by it", async () => {
    const { status, body } = await call("DELETE", `${tenant.path}/tokens`);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: "sessionId" }]);
    expect((await call("DELETE", "/v1/tenants/nobody/tokens?sessionId=s")).status).toBe(404);
  });
});

test("the log tells which token was opened, and neither a code nor a token", async () => {
  const log = vi.fn();
  const deployment = deploy({ log });
  const code = await link({ returnUrl: "https://app.example/?secret=c4n4ry" }, deployment);
  const { token } = (await open(code, deployment)).body;
  const [{ id }] = await tokens();
  expect(log).toHaveBeenCalledWith(
    "http.request",
    expect.objectContaining({ route: "/portal/session", caller: "token", callerId: id, tenant: tenant.id }),
  );
  for (const secret of [code, token, "c4n4ry"]) expect(JSON.stringify(log.mock.calls)).not.toContain(secret);
});
