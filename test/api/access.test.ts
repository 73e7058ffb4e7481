import { env, exports } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import type { Scope } from "../../src/domain/scopes.ts";
import { configOf } from "../../src/index.ts";
import { KeyRing } from "../../src/platform/key-ring.ts";
import { call, createTenant } from "../support/api.ts";
import { routes } from "../support/conformity.ts";

const BASE = "http://outbox.test";

interface Operation {
  method: string;
  path: string;
  /** The scope that a tenant's token needs; undefined: the operator alone. */
  scope: Scope | undefined;
}

const operations: Operation[] = routes
  .filter(({ path }) => path.startsWith("/v1"))
  .map(({ method, path, security }) => ({
    method: method.toUpperCase(),
    path,
    scope: security?.flatMap((one) => one["tenant"] ?? [])[0] as Scope | undefined,
  }));
const ofTenants = operations.filter(({ path }) => path.includes("{tenant}"));
const named = (all: Operation[]) => all.map((one) => [`${one.method} ${one.path}`, one] as const);

let tenant: { id: string; path: string };
let ids: Record<string, string>;

beforeEach(async () => {
  tenant = await createTenant();
  const create = async (what: string, body: object) =>
    (await call("POST", `${tenant.path}/${what}`, { body })).body;
  const hook = { channel: "webhook", url: "https://hooks.invalid/hook" };
  await call("POST", `${tenant.path}/pause`);
  const endpoint = (await create("endpoints", hook)).id;
  const message = (await create("messages", { eventType: "a", payload: 1 })).id;
  await create("event-types", { name: "order.placed" });
  const token = (await create("tokens", { scopes: ["read"] })).id;
  ids = { tenant: tenant.id, endpoint, message, token, eventType: "order.placed" };
});

const fill = (path: string, tenantId = tenant.id) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "tenant" ? tenantId : (ids[name] ?? "")));

async function send(operation: Operation, token: string | undefined, path = fill(operation.path)) {
  const hasBody = operation.method === "POST" || operation.method === "PATCH";
  const response = await exports.default.fetch(BASE + path, {
    method: operation.method,
    headers: {
      ...(hasBody && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    // Nothing that any operation would carry out.
    body: hasBody ? "[]" : null,
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

const issue = async (...scopes: Scope[]) =>
  (await call("POST", `${tenant.path}/tokens`, { body: { scopes } })).body as { id: string; token: string };

/** A token as we would sign it, but for what is changed of it. */
async function signed(change: { exp?: number; ring?: KeyRing; kid?: string } = {}): Promise<string> {
  const ring = change.ring ?? configOf(env).keyRing;
  const key = await ring?.keyFor("token", ring.currentId);
  if (!ring || !key) throw new Error("The tests have a key ring");
  const seconds = Math.floor(Date.now() / 1000);
  return new SignJWT({ scope: "read manage messages:write" })
    .setProtectedHeader({ alg: "HS256", kid: change.kid ?? ring.currentId })
    .setIssuer("edge-outbox")
    .setSubject(tenant.id)
    .setJti("tok_00000000000000000000")
    .setIssuedAt(seconds)
    .setExpirationTime(change.exp ?? seconds + 600)
    .sign(key);
}

const base64url = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

describe("every operation", () => {
  test.each(named(operations))("%s refuses whoever has no good token: 401", async (_, operation) => {
    const claims = { iss: "edge-outbox", sub: tenant.id, jti: "tok_1", scope: "read", exp: 9_999_999_999 };
    const foreign = KeyRing.parse(`test:${btoa("x".repeat(32))}`);
    for (const token of [
      undefined,
      "garbage",
      `${base64url({ alg: "none" })}.${base64url(claims)}.`,
      await signed({ exp: Math.floor(Date.now() / 1000) - 5 }),
      await signed({ ring: foreign }),
      await signed({ kid: "another" }),
    ]) {
      expect(await send(operation, token)).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    }
  });

  test.each(named(ofTenants))(
    "%s lets a token of its tenant pass that has the scope, and no other",
    async (_, operation) => {
      const others = (["read", "manage", "messages:write"] as const).filter((one) => one !== operation.scope);
      const without = await send(operation, (await issue(...others)).token);
      expect(without).toMatchObject({ status: 403, body: { code: "forbidden" } });
      if (operation.scope === undefined) return;
      expect(without.body.detail).toContain(`"${operation.scope}"`);
      const { status } = await send(operation, (await issue(operation.scope)).token);
      expect([401, 403]).not.toContain(status);
    },
  );

  test.each(named(ofTenants))(
    "%s shows another tenant's token nothing but a tenant that does not exist",
    async (_, operation) => {
      const other = await createTenant();
      const body = { scopes: ["read", "manage", "messages:write"] };
      const { token } = (await call("POST", `${other.path}/tokens`, { body })).body;
      const there = await send(operation, token);
      const nowhere = await send(operation, token, fill(operation.path, "nobody"));
      expect(there).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
      const blank = (answer: typeof there) =>
        JSON.stringify({ ...answer.body, requestId: "" }).replaceAll(/tenant \\"[^"]*\\"/g, "tenant");
      expect(blank(there)).toBe(blank(nowhere));
    },
  );
});

test.each(named(ofTenants.filter(({ scope }) => scope !== undefined)))(
  "%s refuses a token that was revoked, and nothing is changed",
  async (_, operation) => {
    const { id, token } = await issue("read", "manage", "messages:write");
    await call("DELETE", `${tenant.path}/tokens/${id}`);
    const count = () =>
      env.DB.prepare(
        "SELECT (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM endpoints) AS endpoints",
      ).first();
    const before = await count();
    const response = await exports.default.fetch(BASE + fill(operation.path), {
      method: operation.method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body:
        operation.scope === "messages:write" ? bodyOf(operation) : operation.method === "GET" ? null : "{}",
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "token_revoked" });
    expect(await count()).toEqual(before);
  },
);

/** Whether a commit's token was revoked is found out in its batch, when all else is as it should be. */
function bodyOf({ path }: Operation): string {
  const message = { eventType: "a", payload: 1 };
  if (path.endsWith("/batch")) return JSON.stringify({ messages: [message] });
  if (path.endsWith("/emails")) return JSON.stringify({ to: "a@example.com", subject: "s", text: "t" });
  return JSON.stringify(message);
}

describe("tokens", () => {
  test("are shown once: neither the list nor the token's own page has them, nor does the database", async () => {
    const body = { scopes: ["read"], description: "The dashboard", expiresInSeconds: 3600 };
    const issued = await call("POST", `${tenant.path}/tokens`, { body });
    expect(issued).toMatchObject({ status: 201, body: { scopes: ["read"], description: "The dashboard" } });
    const { id, token, ...rest } = issued.body;
    expect(Date.parse(rest.expiresAt) - Date.parse(rest.createdAt)).toBeLessThanOrEqual(3_600_000);
    expect((await call("GET", `${tenant.path}/tokens/${id}`)).body).toEqual({ id, ...rest });
    const list = await call("GET", `${tenant.path}/tokens`);
    expect(JSON.stringify(list.body)).not.toContain(token);
    const rows = await env.DB.prepare("SELECT * FROM tokens").all();
    expect(JSON.stringify(rows.results)).not.toContain(token.split(".")[2]);
  });

  test("are revoked once: 204, and then they are not there", async () => {
    const { id, token } = await issue("read");
    const reading = { headers: { authorization: `Bearer ${token}` } };
    expect((await call("GET", tenant.path, reading)).status).toBe(200);
    expect((await call("DELETE", `${tenant.path}/tokens/${id}`)).status).toBe(204);
    expect(await call("DELETE", `${tenant.path}/tokens/${id}`)).toMatchObject({
      status: 404,
      body: { code: "token_not_found" },
    });
    expect((await call("GET", tenant.path, reading)).status).toBe(401);
  });

  test("end with their tenant", async () => {
    const { token } = await issue("messages:write");
    await call("DELETE", tenant.path);
    const answer = await call("POST", `${tenant.path}/messages`, {
      body: { eventType: "a", payload: 1 },
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(401);
  });

  test.each([
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["read", "read"] }, "scopes"],
    [{ scopes: ["everything"] }, "scopes[0]"],
    [{ scopes: ["read"], expiresInSeconds: 59 }, "expiresInSeconds"],
    [{ scopes: ["read"], expiresInSeconds: 367 * 86400 }, "expiresInSeconds"],
    [{}, "scopes"],
  ])("as %j are refused, by the field's name", async (body, path) => {
    const answer = await call("POST", `${tenant.path}/tokens`, { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});
