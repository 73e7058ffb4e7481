import { env } from "cloudflare:workers";
import fc from "fast-check";
import { base64url, SignJWT } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { queryBuilder } from "../../src/db/database.ts";
import { requestKeys } from "../../src/db/schema.ts";
import type { CreatedCursor } from "../../src/domain/page.ts";
import { SCOPES } from "../../src/domain/scopes.ts";
import { limits } from "../../src/platform/limits.ts";
import { deleteTenant } from "../../src/registry/tenants.ts";
import {
  issueToken,
  listTokens,
  readToken,
  requireLiveToken,
  revokeToken,
  type TokenTools,
  tokenInput,
} from "../../src/registry/tokens.ts";
import { verifyToken } from "../../src/registry/verify-token.ts";
import { keyRingOf } from "../support/secrets/key-ring.ts";
import { World } from "../support/world.ts";

const ring = keyRingOf("2026-11", "2026-01");
const input = { scopes: ["messages:write", "read"] as const };

let world: World;
let tenant: string;
let tools: TokenTools;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  tools = { ...world.registryTools(), keyRing: ring };
});

const issue = (rest: object = {}) => issueToken(tools, tenant, tokenInput.parse({ ...input, ...rest }));
const verify = (token: string, now = world.now) => verifyToken(ring, token, now);

describe("a token that was issued", () => {
  test("says whose it is and what it may, and is found without itself", async () => {
    const { token, ...row } = await issue({ description: "backend" });
    expect(await verify(token)).toEqual({
      tokenId: row.id,
      tenantId: tenant,
      scopes: ["messages:write", "read"],
      expiresAt: row.expiresAt,
    });
    expect(row.expiresAt - row.createdAt).toBe(limits.tokenSeconds * 1000);
    expect(await readToken(world, tenant, row.id)).toEqual({ ...row, description: "backend" });
    expect(JSON.stringify(await readToken(world, tenant, row.id))).not.toContain(token.split(".")[2]);
  });

  test("holds until its time, in the row as in the token, and not a millisecond longer", async () => {
    world.now += 789;
    const { token, expiresAt } = await issue({ expiresInSeconds: 60 });
    expect(await verify(token, expiresAt - 1)).toMatchObject({ expiresAt });
    expect(await verify(token, expiresAt)).toBeUndefined();
  });

  test("holds after its key is no longer the current one, and not after it has left the ring", async () => {
    const { token } = await issue();
    expect(await verifyToken(keyRingOf("2027-01", "2026-11"), token, world.now)).toBeDefined();
    expect(await verifyToken(keyRingOf("2027-01"), token, world.now)).toBeUndefined();
  });

  test("cannot be signed without keys, and nothing is written then", async () => {
    const without = { ...tools, keyRing: undefined };
    await expect(issueToken(without, tenant, tokenInput.parse(input))).rejects.toMatchObject({
      code: "secret_keys_missing",
    });
    expect((await listTokens(world.db, tenant, { limit: 5 })).entries).toEqual([]);
  });
});

describe("a token that is none", () => {
  test("with any one character changed, added or left out", async () => {
    const { token } = await issue();
    const characters = [...new Set(token), "A", "B", "w", "_", "-", ".", "=", " ", "\n", "é"];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...characters),
        fc.constantFrom(0, 1),
        async (at, character, removed) => {
          const other = token.slice(0, at) + character + token.slice(at + removed);
          fc.pre(other !== token);
          expect(await verify(other)).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
    for (let at = 0; at < token.length; at++) {
      expect(await verify(token.slice(0, at) + token.slice(at + 1))).toBeUndefined();
    }
    for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      const other = token.slice(0, -1) + character;
      expect((await verify(other)) === undefined).toBe(other !== token);
    }
  });

  const signed = async (
    change: (jwt: SignJWT) => SignJWT,
    header: object = {},
    key?: CryptoKey | Uint8Array,
  ) => {
    const jwt = new SignJWT({ scope: "read" })
      .setProtectedHeader({ alg: "HS256", kid: "2026-11", ...header })
      .setIssuer("edge-outbox")
      .setSubject("acme")
      .setJti("tok_x")
      .setExpirationTime(new Date(world.now + 60_000));
    const signing = key ?? ((await ring.keyFor("token", "2026-11")) as CryptoKey);
    return `eot-${await change(jwt).sign(signing)}`;
  };
  const asItIs = (jwt: SignJWT) => jwt;

  test.each(["", "EOT-", "eot_", "eop-", "eot-eot-", " eot-"])("with %j before its JWT", async (prefix) => {
    const { token } = await issue();
    expect(await verify(token.replace("eot-", prefix))).toBeUndefined();
  });

  test("well made, it is one", async () => {
    expect(await verify(await signed(asItIs))).toMatchObject({ tenantId: "acme", scopes: ["read"] });
  });

  test.each<[string, () => Promise<string>]>([
    ["of another issuer", () => signed((jwt) => jwt.setIssuer("somebody"))],
    ["without a subject", () => signed((jwt) => jwt.setSubject(""))],
    ["with an id that is none", () => signed((jwt) => jwt.setJti("x"))],
    ["not valid yet", () => signed((jwt) => jwt.setNotBefore(new Date(world.now + 30_000)))],
    ["under the name of another key", () => signed(asItIs, { kid: "2026-01" })],
    ["under the name of no key", () => signed(asItIs, { kid: "" })],
    [
      "with a key of another ring",
      async () => signed(asItIs, {}, (await keyRingOf("2026-11x").keyFor("token", "2026-11x")) as CryptoKey),
    ],
    ["with a header that asks for more", () => signed(asItIs, { crit: ["exp"] }).catch(() => "x")],
    ["with another algorithm", () => signed(asItIs, { alg: "HS512" }, new Uint8Array(64))],
  ])("%s", async (_, make) => {
    expect(await verify(await make())).toBeUndefined();
  });

  test("without an end, with a scope that does not exist, with none", async () => {
    const key = (await ring.keyFor("token", "2026-11")) as CryptoKey;
    const make = async (payload: object) => {
      const jwt = new SignJWT({ ...payload }).setProtectedHeader({ alg: "HS256", kid: "2026-11" });
      return `eot-${await jwt.sign(key)}`;
    };
    const exp = Math.floor(world.now / 1000) + 60;
    const whole = { iss: "edge-outbox", sub: "acme", jti: "tok_x", scope: "read", exp };
    expect(await verify(await make(whole))).toBeDefined();
    for (const part of [
      { exp: undefined },
      { scope: "root" },
      { scope: "" },
      { scope: 1 },
      { sub: 7 },
      { exp: 1e300 },
    ]) {
      expect(await verify(await make({ ...whole, ...part }))).toBeUndefined();
    }
  });

  test("without an algorithm, with or without a signature", async () => {
    const { token } = await issue();
    const [, payload, signature] = token.split(".");
    for (const alg of ["none", "None", "HS256 ", undefined, "RS256", "ES256", "HS384"]) {
      const header = base64url.encode(JSON.stringify({ alg, kid: "2026-11" }));
      expect(await verify(`eot-${header}.${payload}.${signature}`)).toBeUndefined();
      expect(await verify(`eot-${header}.${payload}.`)).toBeUndefined();
    }
  });

  test("garbage of every kind and size, without an error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 2000 }), async (text) => {
        expect(await verify(text)).toBeUndefined();
      }),
    );
    const { token } = await issue();
    expect(await verify(`${"A".repeat(10_000_000)}.${token}`)).toBeUndefined();
  });
});

describe("tokens in the database", () => {
  test("revoked, a token is let pass no more, and revoking it again finds none", async () => {
    const { id, token } = await issue();
    const claims = await verify(token);
    if (!claims) throw new Error("It was just issued");
    await requireLiveToken(env.DB, claims);
    await revokeToken(tools, tenant, id);
    await expect(requireLiveToken(env.DB, claims)).rejects.toMatchObject({ code: "token_revoked" });
    await expect(revokeToken(tools, tenant, id)).rejects.toMatchObject({ code: "token_not_found" });
    await expect(readToken(world, tenant, id)).rejects.toMatchObject({ code: "token_not_found" });
  });

  test("another tenant's token is not there", async () => {
    const { id } = await issue();
    const other = await world.createTenant();
    await expect(readToken(world, other, id)).rejects.toMatchObject({ code: "token_not_found" });
    await expect(revokeToken(tools, other, id)).rejects.toMatchObject({ code: "token_not_found" });
    expect((await listTokens(world.db, other, { limit: 5 })).entries).toEqual([]);
    expect(await readToken(world, tenant, id)).toMatchObject({ id });
  });

  test("pages, newest first, lose and repeat none, also of one millisecond", async () => {
    for (let n = 0; n < 7; n++) {
      await issue({ description: `${n}` });
      if (n % 3 === 0) world.now++;
    }
    const all = await listTokens(world.db, tenant, { limit: 100 });
    expect(all).toMatchObject({ next: null });
    expect(all.entries.map(({ createdAt }) => createdAt)).toEqual(
      all.entries.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
    );
    const paged: string[] = [];
    let after: CreatedCursor | undefined;
    do {
      const { entries, next } = await listTokens(world.db, tenant, { limit: 2, after });
      paged.push(...entries.map(({ id }) => id));
      after = next ?? undefined;
    } while (after);
    expect(paged).toEqual(all.entries.map(({ id }) => id));
  });

  test("a tenant has so many and no more; a revoked one makes room", async () => {
    await env.DB.prepare(
      `INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at)
       SELECT ?1, 'tok_' || value, '["read"]', 0, 9e15 FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(Array.from({ length: limits.tokensPerTenant - 1 }, (_, n) => n)))
      .run();
    await issue();
    await expect(issue()).rejects.toMatchObject({
      failure: { code: "token_limit_reached", limit: limits.tokensPerTenant },
    });
    await revokeToken(tools, tenant, "tok_0");
    await expect(issue()).resolves.toBeDefined();
  });

  test("sessions of the portal have a bound of their own, at which those that have expired go first, then the oldest", async () => {
    const rows = Array.from({ length: limits.sessionsPerTenant }, (_, n) => n);
    await env.DB.prepare(
      `INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at, session_by)
       SELECT ?1, 'tok_' || value, '["read"]', value, iif(value = 7, 8, 9e15), iif(value % 2, 'link', 'member') FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(rows))
      .run();
    const backend = await issue();
    const gone = async (id: string) =>
      expect(readToken(world, tenant, id)).rejects.toMatchObject({ code: "token_not_found" });
    for (const evicted of ["tok_7", "tok_0", "tok_1"]) {
      const session = await issueToken(tools, tenant, { scopes: ["read"], sessionBy: "link" });
      await gone(evicted);
      await readToken(world, tenant, session.id);
    }
    for (const id of ["tok_2", backend.id]) await readToken(world, tenant, id);
    const count = await env.DB.prepare("SELECT count(*) AS n FROM outbox_tokens WHERE tenant_id = ?")
      .bind(tenant)
      .first("n");
    expect(count).toBe(limits.sessionsPerTenant + 1);
  });

  test("a session that is refused ends no other", async () => {
    const row = { tenantId: tenant, key: "once", fingerprint: "f", createdAt: 0 };
    await env.DB.prepare(
      `INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at, session_by)
       SELECT ?1, 'tok_' || value, '["read"]', value, 9e15, 'link' FROM json_each(?2)`,
    )
      .bind(tenant, JSON.stringify(Array.from({ length: limits.sessionsPerTenant }, (_, n) => n)))
      .run();
    const open = () => {
      const before = [queryBuilder(env.DB).insert(requestKeys).values(row)];
      return issueToken({ ...tools, before }, tenant, { scopes: ["read"], sessionBy: "link" });
    };
    await open();
    await expect(open()).rejects.toThrow("UNIQUE constraint failed");
    await readToken(world, tenant, "tok_1");
  });

  test("go with their tenant, and none is issued for one that is not there", async () => {
    const { token } = await issue();
    const claims = await verify(token);
    if (!claims) throw new Error("It was just issued");
    await deleteTenant(world.registryTools(), tenant);
    await expect(requireLiveToken(env.DB, claims)).rejects.toMatchObject({ code: "token_revoked" });
    await expect(issue()).rejects.toMatchObject({ code: "tenant_not_found" });
    await expect(listTokens(world.db, tenant, { limit: 5 })).rejects.toMatchObject({
      code: "tenant_not_found",
    });
    await expect(readToken(world, "nobody", "tok_x")).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("a statement before a write is one with it: if it is refused, no token is made", async () => {
    const row = { tenantId: tenant, key: "once", fingerprint: "f", createdAt: 0 };
    const first = () => [queryBuilder(env.DB).insert(requestKeys).values(row)];
    await issueToken({ ...tools, before: first() }, tenant, tokenInput.parse(input));
    const again = issueToken({ ...tools, before: first() }, tenant, tokenInput.parse(input));
    await expect(again).rejects.toThrow(
      "UNIQUE constraint failed: outbox_request_keys.tenant_id, outbox_request_keys.key",
    );
    expect((await listTokens(world.db, tenant, { limit: 5 })).entries).toHaveLength(1);
  });
});

test.each([
  ["no scopes", { scopes: [] }],
  ["a scope that does not exist", { scopes: ["admin"] }],
  ["a time that is too short", { scopes: [...SCOPES], expiresInSeconds: limits.tokenSecondsMin - 1 }],
  ["a time that is too long", { scopes: [...SCOPES], expiresInSeconds: limits.tokenSecondsMax + 1 }],
  ["part of a second", { scopes: [...SCOPES], expiresInSeconds: 60.5 }],
  ["an unknown field", { scopes: [...SCOPES], admin: true }],
])("input is refused: %s", (_, wrong) => {
  expect(tokenInput.safeParse(wrong).success).toBe(false);
  expect(
    tokenInput.safeParse({ scopes: [...SCOPES], expiresInSeconds: limits.tokenSecondsMax }).success,
  ).toBe(true);
});
