import { expect, test } from "vitest";
import { call, createTenant } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

type Fields = Record<string, unknown>;

/** What is logged of a request. */
async function logged(path: string, init: RequestInit = {}): Promise<Fields> {
  const requests: Fields[] = [];
  const log = (event: string, fields: Fields) => event === "http.request" && requests.push(fields);
  const operatorTokens = [{ name: "ada", role: "read" as const, token: "the-token-of-ada" }];
  await apiWith({ log: log as never, operatorTokens })(path, init);
  expect(requests).toHaveLength(1);
  return requests[0] ?? {};
}

const as = (token: string, headers: Record<string, string> = {}): RequestInit => ({
  headers: { authorization: `Bearer ${token}`, ...headers },
});

test("a request is logged with the operator by name and role, the ids in its path and the address", async () => {
  const { id, path } = await createTenant();
  expect(
    await logged(`${path}/endpoints/ep_email`, as("the-token-of-ada", { "cf-connecting-ip": "203.0.113.7" })),
  ).toMatchObject({
    caller: "operator",
    callerId: "ada",
    role: "read",
    tenant: id,
    endpoint: "ep_email",
    address: "203.0.113.7",
    status: 200,
  });
});

test("a refused one too: who was it, and with a tenant's token whose", async () => {
  const { id, path } = await createTenant();
  expect(await logged(`${path}/pause`, { ...as("the-token-of-ada"), method: "POST" })).toMatchObject({
    callerId: "ada",
    route: "/v1/tenants/:tenant/pause",
    status: 403,
  });
  const { token } = (await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } })).body;
  const fields = await logged("/v1/tenants/another/audit", as(token));
  expect(fields).toMatchObject({ caller: "token", tenant: id, status: 404 });
});

test("a tenant's token is logged by its id, and never itself", async () => {
  const { id, path } = await createTenant();
  const issued = await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } });
  const fields = await logged(path, as(issued.body.token));
  expect(fields).toMatchObject({ caller: "token", callerId: issued.body.id, tenant: id });
  expect(JSON.stringify(fields)).not.toContain(issued.body.token);
});

test("of nobody nothing is said but the address", async () => {
  const fields = await logged(
    "/v1/tenants/acme",
    as("something-else", { "cf-connecting-ip": "203.0.113.7" }),
  );
  expect(fields).toMatchObject({ status: 401, address: "203.0.113.7" });
  expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(["caller"]));
});

test("a text in the place of an id is not logged, because it may be a token", async () => {
  const { path } = await createTenant();
  const { token } = (await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } })).body;
  for (const place of ["tokens", "endpoints", "messages", "event-types"]) {
    const fields = await logged(`${path}/${place}/${token}`, as("the-token-of-ada"));
    expect(JSON.stringify(fields)).not.toContain(token.slice(0, 20));
  }
});
