import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/platform/limits.ts";
import { call, createTenant } from "../../support/worker/api.ts";

let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const issue = (body: object = { scopes: ["read"] }, headers: Record<string, string> = {}) =>
  call("POST", `${tenant.path}/tokens`, { body, headers });

describe("a token", () => {
  test("is shown once: not in the list, not when it is read, and not in D1", async () => {
    const { status, body } = await issue({ scopes: ["read", "manage"], description: "The checkout" });
    expect(status).toBe(201);
    const { token, ...kept } = body;
    expect(kept).toMatchObject({ scopes: ["read", "manage"], description: "The checkout" });
    expect((await call("GET", `${tenant.path}/tokens/${body.id}`)).body).toEqual(kept);
    expect((await call("GET", `${tenant.path}/tokens`)).body).toEqual({ data: [kept], nextCursor: null });
    const row = await env.DB.prepare("SELECT * FROM outbox_tokens WHERE id = ?").bind(body.id).first();
    expect(JSON.stringify(row)).not.toContain(token.split(".")[2]);
  });

  test("issued with an idempotency key is issued once, and a repetition is not shown it", async () => {
    const first = await issue({ scopes: ["read"] }, { "idempotency-key": "k" });
    const { token, ...shown } = first.body;
    expect(token).toMatch(/^eot-ey/);
    const again = await issue({ scopes: ["read"] }, { "idempotency-key": "k" });
    expect(again.body).toEqual(shown);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await call("GET", `${tenant.path}/tokens`)).body.data).toHaveLength(1);
  });

  test("ends 90 days after it was made, or when it was said to", async () => {
    const secondsOf = ({ createdAt, expiresAt }: { createdAt: string; expiresAt: string }) =>
      Math.ceil((Date.parse(expiresAt) - Date.parse(createdAt)) / 1000);
    expect(secondsOf((await issue()).body)).toBe(limits.tokenSeconds);
    for (const expiresInSeconds of [limits.tokenSecondsMin, limits.tokenSecondsMax]) {
      const { status, body } = await issue({ scopes: ["read"], expiresInSeconds });
      expect([status, secondsOf(body)]).toEqual([201, expiresInSeconds]);
    }
  });

  test.each([
    [{ expiresInSeconds: limits.tokenSecondsMin - 1 }, "expiresInSeconds", `${limits.tokenSecondsMin}`],
    [{ expiresInSeconds: limits.tokenSecondsMax + 1 }, "expiresInSeconds", `${limits.tokenSecondsMax}`],
    [{ expiresInSeconds: 60.5 }, "expiresInSeconds", "whole number"],
    [{ scopes: [] }, "scopes", "at least one"],
    [{ scopes: ["admin"] }, "scopes[0]", "messages:write, read, manage"],
    [{ description: "x".repeat(limits.descriptionLength + 1) }, "description", `${limits.descriptionLength}`],
    [{ tenantId: "acme" }, "", "tenantId"],
  ])("as %j is refused by the field's name, with the limit", async (change, path, said) => {
    const { status, body } = await issue({ scopes: ["read"], ...change });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ path, message: expect.stringContaining(said) }]);
    expect((await call("GET", `${tenant.path}/tokens`)).body.data).toEqual([]);
  });

  test("more than a tenant may have is refused with their number; a revoked one makes room", async () => {
    await env.DB.prepare(
      `INSERT INTO outbox_tokens (tenant_id, id, scopes, created_at, expires_at)
       SELECT ?1, 'tok_' || value, '["read"]', 0, 9e12 FROM json_each(?2)`,
    )
      .bind(tenant.id, JSON.stringify(Array.from({ length: limits.tokensPerTenant }, (_, n) => n)))
      .run();
    expect(await issue()).toMatchObject({
      status: 409,
      body: { code: "token_limit_reached", detail: expect.stringContaining(`${limits.tokensPerTenant}`) },
    });
    await call("DELETE", `${tenant.path}/tokens/tok_7`);
    expect((await issue()).status).toBe(201);
  });

  test("is revoked once: 204, and then it is not there", async () => {
    const { id, token } = (await issue()).body;
    const path = `${tenant.path}/tokens/${id}`;
    expect((await call("GET", tenant.path, { token })).status).toBe(200);
    expect((await call("DELETE", path)).status).toBe(204);
    for (const method of ["DELETE", "GET"]) {
      expect(await call(method, path)).toMatchObject({ status: 404, body: { code: "token_not_found" } });
    }
    expect(await call("GET", tenant.path, { token })).toMatchObject({
      status: 401,
      body: { code: "token_revoked" },
    });
  });

  test("of another tenant is not there to be read or revoked", async () => {
    const other = await createTenant();
    const { id, token } = (await issue()).body;
    for (const method of ["GET", "DELETE"]) {
      expect(await call(method, `${other.path}/tokens/${id}`)).toMatchObject({
        status: 404,
        body: { code: "token_not_found" },
      });
    }
    expect((await call("GET", tenant.path, { token })).status).toBe(200);
  });
});

test("the list shows every token once, newest first, in pages", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push((await issue()).body.id);
  const seen: { id: string; createdAt: string }[] = [];
  let query = "?limit=2";
  for (let pages = 0; pages < 3; pages++) {
    const { body } = await call("GET", `${tenant.path}/tokens${query}`);
    seen.push(...body.data);
    expect(body.data).toHaveLength(pages < 2 ? 2 : 1);
    expect(body.nextCursor === null).toBe(pages === 2);
    query = `?limit=2&cursor=${body.nextCursor}`;
  }
  expect(seen.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  const instants = seen.map(({ createdAt }) => createdAt);
  expect(instants).toEqual(instants.toSorted().toReversed());
});
