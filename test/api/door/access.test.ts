import { env } from "cloudflare:workers";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import type { Database } from "../../../src/db/database.ts";
import { SCOPES, type Scope } from "../../../src/domain/scopes.ts";
import { KeyRing } from "../../../src/platform/key-ring.ts";
import { readOperatorTokens } from "../../../src/platform/operator-tokens.ts";
import { includesRole, ROLES, type Role } from "../../../src/platform/roles.ts";
import { type Estate, makeEstate } from "../../fuzz/estate.ts";
import { countingDb } from "../../support/database/counting-db.ts";
import { countEverything, countRows, everythingOf } from "../../support/database/rows.ts";
import { newTypes } from "../../support/known-types.ts";
import { keyRingOf } from "../../support/secrets/key-ring.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { fill, type Guarded, guarded } from "../../support/worker/guarded.ts";
import { configOf } from "../../support/worker/outbox.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const ask = ({ method, path, body }: Guarded, ids: Record<string, string>, token: string | null) =>
  call(method, fill(path, ids), { token, ...(body !== undefined && { body }) });

const issue = async (path: string, scopes: readonly Scope[]): Promise<{ id: string; token: string }> =>
  (await call("POST", `${path}/tokens`, { body: { scopes } })).body;

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** What a token of the estate with every scope says, an hour before its end. */
const claimsFor = ({ ids }: Estate) => ({
  iss: "edge-outbox",
  sub: ids.tenant,
  jti: ids["token"] ?? "",
  scope: SCOPES.join(" "),
  exp: nowSeconds() + 3600,
});

async function sign(claims: object, ring: KeyRing | undefined): Promise<string> {
  const key = await ring?.keyFor("token", ring.currentId);
  if (!ring || !key) throw new Error("There is no key to sign with");
  const jwt = new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256", kid: ring.currentId });
  return `eot-${await jwt.sign(key)}`;
}

const ring = () => configOf(env).keyRing;
const strangeRing = () => KeyRing.parse(`${ring()?.currentId}:${btoa("of the same name, another key...")}`);

type TokenOf = (estate: Estate) => string | null | Promise<string | null>;
const NOBODIES: readonly [string, TokenOf][] = [
  ["without a token", () => null],
  ["with an empty one", () => ""],
  ["with garbage", () => "something-else-entirely"],
  ["with the operator's, but for its end", () => env.OPERATOR_TOKEN.slice(0, -1)],
  ["with the operator's, and more", () => `${env.OPERATOR_TOKEN}x`],
  ["with one of the algorithm none", (estate) => `eot-${new UnsecuredJWT(claimsFor(estate)).encode()}`],
  ["with one that lacks its prefix", async (estate) => (await sign(claimsFor(estate), ring())).slice(4)],
  [
    "with one under an operator's prefix",
    async (estate) => (await sign(claimsFor(estate), ring())).replace("eot-", "eop-"),
  ],
  ["with one that has expired", (estate) => sign({ ...claimsFor(estate), exp: nowSeconds() - 1 }, ring())],
  ["with one that has no end", (estate) => sign({ ...claimsFor(estate), exp: undefined }, ring())],
  ["with one of another issuer", (estate) => sign({ ...claimsFor(estate), iss: "somebody" }, ring())],
  ["with one under a key that is not in the ring", (estate) => sign(claimsFor(estate), keyRingOf("gone"))],
  ["with one under another key of the same name", (estate) => sign(claimsFor(estate), strangeRing())],
];

describe("every operation is closed to who comes", () => {
  test.each(NOBODIES)("%s: 401, and nothing changes", async (_, tokenOf) => {
    const estate = await makeEstate();
    const token = await tokenOf(estate);
    const before = [await everythingOf(estate.ids.tenant), await countEverything()];
    for (const one of guarded) {
      const answer = await ask(one, estate.ids, token);
      expect(answer, `${one.method} ${one.path}`).toMatchObject({
        status: 401,
        body: { code: "unauthorized" },
      });
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
    }
    expect([await everythingOf(estate.ids.tenant), await countEverything()]).toEqual(before);
  });

  test("with a token made as those are: it opens what is open to it", async () => {
    const estate = await makeEstate();
    const token = await sign(claimsFor(estate), ring());
    expect((await call("GET", `/v1/tenants/${estate.ids.tenant}`, { token })).status).toBe(200);
  });

  test.each([
    ["revoked", async ({ tokens }: Estate) => tokens.revoked],
    [
      "of a tenant that was deleted",
      async ({ ids, tokens }: Estate) => {
        await call("DELETE", `/v1/tenants/${ids.tenant}`);
        return tokens.tenant;
      },
    ],
  ])("with a token %s: 401, or 403 where no tenant's token may, and nothing changes", async (_, tokenOf) => {
    const estate = await makeEstate();
    const token = await tokenOf(estate);
    const before = [await everythingOf(estate.ids.tenant), await countEverything()];
    // Until an isolate knows, 403 comes first where no tenant's token may.
    const refusals = ["token_revoked", "forbidden"];
    for (const one of guarded) {
      const { status, body } = await ask(one, estate.ids, token);
      const known = one.access === "operator" ? refusals : refusals.slice(0, 1);
      expect(known, `${one.method} ${one.path}`).toContain(body.code);
      expect(status).toBe(body.code === "forbidden" ? 403 : 401);
    }
    for (const one of guarded) {
      expect((await ask(one, estate.ids, token)).body.code, `${one.method} ${one.path}`).toBe(
        "token_revoked",
      );
    }
    expect([await everythingOf(estate.ids.tenant), await countEverything()]).toEqual(before);
  });
});

const OPERATORS = ROLES.map((role) => ({ name: `the-${role}`, role, token: `token-of-the-${role}-role` }));

/** By a Worker whose operator has a token of each role. */
async function askAs(role: Role, { method, path, body }: Guarded, ids: Record<string, string>) {
  const token = OPERATORS.find((one) => one.role === role)?.token;
  const response = await apiWith({ operatorTokens: OPERATORS })(fill(path, ids), {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, body: text && isJson ? JSON.parse(text) : text };
}

describe("an operator's token", () => {
  test("reads with the role read, works for tenants with manage, and does the rest with admin", () => {
    // Sessions of the portal can do no more than the role itself.
    const ofPortal = ["createPortalLink", "revokeSession"];
    for (const { method, path, access, role, operationId } of guarded) {
      const isAdmins = access === "operator" && !ofPortal.includes(operationId);
      const needed = method === "GET" ? "read" : isAdmins ? "admin" : "manage";
      expect(role, `${method} ${path}`).toBe(needed);
    }
    expect(new Set(guarded.map(({ role }) => role))).toEqual(new Set(ROLES));
  });

  test.each(guarded.map((one) => [one.method, one.path, one.role, one] as const))(
    "%s %s: needs the role %s, and goes with those above it",
    async (_method, _path, needed, one) => {
      const estate = await makeEstate();
      for (const role of ROLES) {
        const before = [await everythingOf(estate.ids.tenant), await countEverything()];
        const answer = await askAs(role, one, estate.ids);
        if (includesRole(role, needed)) {
          expect(answer.status, JSON.stringify(answer.body)).not.toBe(403);
          expect(answer.status).toBeLessThan(500);
          continue;
        }
        expect(answer).toMatchObject({
          status: 403,
          body: { code: "forbidden", detail: expect.stringContaining(`"${needed}"`) },
        });
        expect([await everythingOf(estate.ids.tenant), await countEverything()]).toEqual(before);
      }
    },
  );

  test("may be one of several: of each the old one and the new one, while they overlap", async () => {
    const operatorTokens = readOperatorTokens("ada:admin:the-old-one-of-ada,ada:admin:the-new-one-of-ada");
    const asked = async (token: string) =>
      (await apiWith({ operatorTokens })("/v1/tenants", { headers: { authorization: `Bearer ${token}` } }))
        .status;
    expect(await asked("the-old-one-of-ada")).toBe(200);
    expect(await asked("the-new-one-of-ada")).toBe(200);
    expect(await asked("ada:admin:the-new-one-of-ada")).toBe(401);
    expect(await asked("ada:admin:the-old-one-of-ada,ada:admin:the-new-one-of-ada")).toBe(401);
  });
});

describe("a tenant's token", () => {
  test("without the scope of an operation is refused by the scope's name, and nothing changes", async () => {
    const estate = await makeEstate();
    const path = `/v1/tenants/${estate.ids.tenant}`;
    const tokens = new Map<Scope, string>();
    for (const scope of SCOPES) {
      const others = SCOPES.filter((one) => one !== scope);
      tokens.set(scope, (await issue(path, others)).token);
    }
    const before = [await everythingOf(estate.ids.tenant), await countEverything()];
    for (const one of guarded) {
      if (one.access === "operator") continue;
      const answer = await ask(one, estate.ids, tokens.get(one.access) ?? null);
      expect(answer, `${one.method} ${one.path}`).toMatchObject({
        status: 403,
        body: { code: "forbidden", detail: expect.stringContaining(`"${one.access}"`) },
      });
    }
    expect([await everythingOf(estate.ids.tenant), await countEverything()]).toEqual(before);
  });

  test("with every scope may not do what is the operator's, not even to its own tenant", async () => {
    const estate = await makeEstate();
    const operators = guarded.filter(({ access }) => access === "operator");
    expect(operators.map(({ path }) => path)).toContain("/v1/tenants/{tenant}/tokens");
    const before = [await everythingOf(estate.ids.tenant), await countEverything()];
    for (const one of operators) {
      const answer = await ask(one, estate.ids, estate.tokens.tenant);
      expect(answer, `${one.method} ${one.path}`).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
    expect([await everythingOf(estate.ids.tenant), await countEverything()]).toEqual(before);
  });

  test.each(
    guarded.flatMap((one) =>
      one.access === "operator" ? [] : [[one.method, one.path, one.access, one] as const],
    ),
  )("with its scope may: %s %s with %s alone", async (_method, _path, scope, one) => {
    const estate = await makeEstate();
    const { token } = await issue(`/v1/tenants/${estate.ids.tenant}`, [scope]);
    const { status, body } = await ask(one, estate.ids, token);
    // 409: there is nothing to skip, and nothing settled to replay.
    const good = one.method === "GET" ? [200] : [200, 201, 202, 204, 409];
    expect(good, JSON.stringify(body)).toContain(status);
  });

  test("finds of another tenant no more than of one that does not exist: the same answer, to the letter", async () => {
    const estate = await makeEstate();
    const victim = await makeEstate();
    const nobody = `t-${crypto.randomUUID()}`;
    const { tokens } = estate;
    const before = [await everythingOf(victim.ids.tenant), await countEverything()];
    for (const one of guarded.filter(({ path }) => path.includes("{tenant}"))) {
      for (const token of [tokens.tenant, tokens.reader, tokens.revoked]) {
        const what = `${one.method} ${one.path}`;
        const theirs = await ask(one, victim.ids, token);
        const nobodys = await ask(one, { ...victim.ids, tenant: nobody }, token);
        expect(theirs, what).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
        expect(anonymous(theirs, victim.ids.tenant), what).toBe(anonymous(nobodys, nobody));
      }
    }
    expect([await everythingOf(victim.ids.tenant), await countEverything()]).toEqual(before);
  });
});

/** An answer without what is different in each. */
function anonymous({ status, headers, body }: Awaited<ReturnType<typeof ask>>, tenant: string): string {
  const kept = [...headers].filter(([name]) => !["x-request-id", "ratelimit"].includes(name));
  return JSON.stringify([status, kept, { ...body, requestId: "" }]).replaceAll(tenant, "");
}

describe("a commit with a token", () => {
  const message = { eventType: "a", payload: 1 };
  const post = (token: string, headers: Record<string, string> = {}): RequestInit => ({
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(message),
  });

  test("costs one round trip to D1 and three rows, as one of the operator's", async () => {
    const { path } = await createTenant();
    await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url: "https://hooks.invalid/" } });
    const { token } = await issue(path, ["messages:write"]);
    const { db, bill } = countingDb(env.DB);
    // What an isolate has to know of event types it reads once, and that the token is used it writes once in some minutes.
    const known = { types: newTypes(), doorMemory: new DoorMemory() };
    await apiWith({ db: env.DB, ...known })(`${path}/messages`, post(token));
    const response = await apiWith({ db, ...known })(`${path}/messages`, post(token));
    expect(response.status).toBe(202);
    expect(bill).toMatchObject({ roundTrips: 1, rowsWritten: 3 });
  });

  test.each([
    ["without", {}],
    ["with", { "idempotency-key": "k" }],
  ])(
    "revoked between the door and the batch is refused, and writes nothing: %s an idempotency key",
    async (_, headers) => {
      const { id, path } = await createTenant();
      const { id: tokenId, token } = await issue(path, ["messages:write"]);
      let revocations = 0;
      const db: Database = {
        prepare: (query) => env.DB.prepare(query),
        batch: async (statements) => {
          if (revocations++ === 0) await call("DELETE", `${path}/tokens/${tokenId}`);
          return env.DB.batch(statements);
        },
      };
      const response = await apiWith({ db })(`${path}/messages`, post(token, headers));
      expect([response.status, await response.json()]).toMatchObject([401, { code: "token_revoked" }]);
      expect(revocations).toBeGreaterThan(0);
      expect(await countRows("messages", id)).toBe(0);
      expect(await countRows("idempotency_keys", id)).toBe(0);
    },
  );

  test("in the midst of many is revoked at once: what was accepted is there, and nothing else", async () => {
    const { id, path } = await createTenant();
    const { id: tokenId, token } = await issue(path, ["messages:write"]);
    const send = async () => (await call("POST", `${path}/messages`, { token, body: message })).status;
    const before = [await send(), await send()];
    const meanwhile = Array.from({ length: 30 }, send);
    const revoked = await call("DELETE", `${path}/tokens/${tokenId}`);
    const statuses = [...before, ...(await Promise.all(meanwhile))];
    expect(revoked.status).toBe(204);
    expect(statuses.every((status) => status === 202 || status === 401)).toBe(true);
    expect(await countRows("messages", id)).toBe(statuses.filter((status) => status === 202).length);
    expect(await send()).toBe(401);
  });
});
