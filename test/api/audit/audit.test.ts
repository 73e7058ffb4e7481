import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { type Estate, makeEstate } from "../../fuzz/estate.ts";
import { call, createTenant } from "../../support/worker/api.ts";
import { fill, type Guarded, guarded } from "../../support/worker/guarded.ts";
import { apiWith } from "../../support/worker/own-api.ts";

interface Entry {
  id: string;
  at: string;
  tenantId: string;
  operation: string;
  caller: string;
  callerId: string | null;
  role: string | null;
  subject: Record<string, unknown>;
  affected: number;
  address: string | null;
  requestId: string | null;
}

async function entriesOf(tenant: string, query = ""): Promise<Entry[]> {
  return (await call("GET", `/v1/audit?tenantId=${tenant}&limit=100${query}`)).body.data;
}

async function newestOf(tenant: string): Promise<Entry> {
  const [newest] = await entriesOf(tenant);
  if (!newest) throw new Error("There is no entry");
  return newest;
}

const issueManage = async (path: string): Promise<{ id: string; token: string }> =>
  (await call("POST", `${path}/tokens`, { body: { scopes: ["manage"] } })).body;

const run = (sql: string, ...params: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...params)
    .run();

const dies = ({ ids }: Estate) =>
  env.DB.batch([
    env.DB.prepare("UPDATE outbox_endpoints SET ordering = 'strict' WHERE tenant_id = ?1").bind(ids.tenant),
    env.DB.prepare(
      "UPDATE outbox_deliveries SET state = 'dead', settled_at = 1, due_at = NULL, blocks = 1 WHERE tenant_id = ?1",
    ).bind(ids.tenant),
  ]);
const waitsForRetry = ({ ids }: Estate) =>
  run("UPDATE outbox_deliveries SET due_at = 9e12, attempts = 1 WHERE tenant_id = ?", ids.tenant);

/** What must be so that there is something to do. */
const BEFORE: Record<string, (estate: Estate) => Promise<unknown>> = {
  createEventType: ({ ids }) => run("DELETE FROM outbox_event_types WHERE tenant_id = ?", ids.tenant),
  liftSuppression: ({ ids }) =>
    run(
      "INSERT INTO outbox_suppressions (tenant_id, address, reason, created_at, updated_at) VALUES (?, 'ada@example.com', 'complaint', 1, 1)",
      ids.tenant,
    ),
  removeUnsubscribe: ({ ids }) =>
    run(
      "INSERT INTO outbox_unsubscribes (tenant_id, address, topic, source, created_at) VALUES (?, 'ada@example.com', 'newsletter', 'link', 1)",
      ids.tenant,
    ),
  replayDelivery: dies,
  replayEndpoint: dies,
  replayDeadLetters: dies,
  dismissDelivery: dies,
  dismissDeadLetters: dies,
  skipDelivery: dies,
  skipEndpoint: dies,
  revokeSession: ({ ids }) => run("UPDATE outbox_tokens SET session_id = '3f9c' WHERE id = ?", ids["token"]),
  retryDelivery: waitsForRetry,
  retryEndpoint: waitsForRetry,
};

const BODIES: Record<string, (estate: Estate) => unknown> = {
  createTenant: () => ({ id: `new-${crypto.randomUUID()}` }),
  createEventType: () => ({ name: "order.placed" }),
  replayEndpoint: () => ({ since: "2020-01-01T00:00:00Z" }),
  replayDeadLetters: ({ ids }) => ({
    deliveries: [{ messageId: ids["message"], endpointId: ids["endpoint"] }],
  }),
  dismissDeadLetters: ({ ids }) => ({ endpointId: ids["endpoint"] }),
  importSuppressions: () => ({ suppressions: [{ address: "ada@example.com" }] }),
  skipEndpoint: () => ({}),
  retryEndpoint: () => ({}),
};

/** Commits a message; and writes nothing until its link is opened. */
const NO_ENTRY = ["testEndpoint", "createPortalLink"];

/** Operations that write, and are not the committing of messages. */
const administrative = guarded.filter(
  ({ method, access, operationId }) =>
    method !== "GET" && access !== "messages:write" && !NO_ENTRY.includes(operationId),
);

async function carryOut(one: Guarded, estate: Estate, headers: Record<string, string> = {}) {
  await BEFORE[one.operationId]?.(estate);
  const body = BODIES[one.operationId]?.(estate) ?? one.body;
  const answer = await call(one.method, fill(one.path, estate.ids), {
    ...(body !== undefined && { body }),
    headers: { "cf-connecting-ip": "203.0.113.7", "x-request-id": "the-request", ...headers },
  });
  const tenant = one.operationId === "createTenant" ? (answer.body.id as string) : estate.ids.tenant;
  return { answer, tenant };
}

describe("every administrative write has one entry", () => {
  test("administrative means tenants, tokens, endpoints, event types and interventions", () => {
    expect(administrative.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining([
        "createTenant",
        "revokeToken",
        "rotateSecret",
        "updateEventType",
        "skipEndpoint",
      ]),
    );
    expect(administrative.length).toBeGreaterThan(25);
  });

  test.each(administrative.map((one) => [one.operationId, one] as const))("%s", async (operation, one) => {
    const estate = await makeEstate();
    const before = new Set((await entriesOf(estate.ids.tenant)).map(({ id }) => id));
    const { answer, tenant } = await carryOut(one, estate);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    const entries = (await entriesOf(tenant)).filter(({ id }) => !before.has(id));
    expect(entries).toEqual([
      {
        id: expect.stringMatching(/^aud_[0-9a-z]{20}$/),
        at: expect.stringMatching(/^20.*Z$/),
        tenantId: tenant,
        operation,
        caller: "operator",
        callerId: "operator",
        role: "admin",
        subject: expect.any(Object),
        affected: 1,
        address: "203.0.113.7",
        requestId: "the-request",
      },
    ]);
    const { tenant: _, ...inPath } = Object.fromEntries(
      [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, estate.ids[name]]),
    );
    expect(entries[0]?.subject).toMatchObject(inPath);
  });

  test.each(administrative.map((one) => [one.operationId, one] as const))(
    "%s: and none when the tenant is not there, and none is left by the repetition",
    async (_, one) => {
      const nobody = `t-${crypto.randomUUID()}`;
      const estate = await makeEstate();
      if (one.path.includes("{tenant}")) {
        const ids = { ...estate.ids, tenant: nobody };
        const body = BODIES[one.operationId]?.(estate) ?? one.body;
        const answer = await call(one.method, fill(one.path, ids), body === undefined ? {} : { body });
        expect(answer.status).toBe(404);
      }
      expect(await entriesOf(nobody)).toEqual([]);
      if (one.method !== "POST" || one.operationId === "createTenant") return;
      const key = { "idempotency-key": "k" };
      const { answer } = await carryOut(one, estate, key);
      expect(answer.status).toBeLessThan(300);
      const count = (await entriesOf(estate.ids.tenant)).length;
      const body = BODIES[one.operationId]?.(estate) ?? one.body;
      const again = await call(one.method, fill(one.path, estate.ids), {
        ...(body !== undefined && { body }),
        headers: key,
      });
      expect(again.status).toBe(answer.status);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
      expect(await entriesOf(estate.ids.tenant)).toHaveLength(count);
    },
  );

  test("names what was made: endpoints, tokens and event types", async () => {
    const { id, path } = await createTenant();
    const endpoint = await call("POST", `${path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    expect((await newestOf(id)).subject).toEqual({ endpoint: endpoint.body.id });
    const token = await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } });
    expect((await newestOf(id)).subject).toEqual({ token: token.body.id });
    await call("POST", `${path}/event-types`, { body: { name: "order.placed" } });
    expect((await newestOf(id)).subject).toEqual({ eventType: "order.placed" });
  });

  test("says where a signing secret was rotated: by itself, or with a URL of another origin", async () => {
    const { id, path } = await createTenant();
    const body = { channel: "webhook", url: "https://hooks.example.com/a" };
    const endpoint = (await call("POST", `${path}/endpoints`, { body })).body.id as string;
    const change = async (given: object) => {
      expect((await call("PATCH", `${path}/endpoints/${endpoint}`, { body: given })).status).toBe(200);
      return (await newestOf(id)).subject;
    };
    expect(await change({ url: "https://other.example.com/", signingSecret: "keep" })).toEqual({ endpoint });
    expect(await change({ url: "https://third.example.com/", signingSecret: "rotate" })).toEqual({
      endpoint,
      secretRotated: true,
    });
    expect(await change({ description: "x" })).toEqual({ endpoint });
    await call("POST", `${path}/endpoints/${endpoint}/secret/rotate`);
    expect((await newestOf(id)).subject).toEqual({ endpoint, secretRotated: true });
  });

  test("names each id once: of one delivery its message and its endpoint, of several the messages", async () => {
    for (const operation of ["replayDelivery", "dismissDelivery", "replayDeadLetters"]) {
      const estate = await makeEstate();
      const one = administrative.find(({ operationId }) => operationId === operation);
      await carryOut(one as Guarded, estate);
      const { message, endpoint, tenant } = estate.ids;
      const subject = operation === "replayDeadLetters" ? { messages: [message] } : { message, endpoint };
      expect((await newestOf(tenant)).subject, operation).toEqual(subject);
    }
  });

  test("holds no secret, no payload and no target", async () => {
    const estate = await makeEstate();
    const { tenant, endpoint } = estate.ids;
    const path = `/v1/tenants/${tenant}`;
    const rotated = await call("POST", `${path}/endpoints/${endpoint}/secret/rotate`);
    const issued = await call("POST", `${path}/tokens`, {
      body: { scopes: ["read"], description: estate.mark },
    });
    await call("PATCH", `${path}/endpoints/${endpoint}`, {
      body: { secretHeaders: { "x-key": "the-secret-header" } },
    });
    const { results } = await env.DB.prepare("SELECT * FROM outbox_audit WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    const text = JSON.stringify(results);
    expect(results.length).toBeGreaterThan(6);
    for (const secret of [
      rotated.body.secret,
      issued.body.token,
      "the-secret-header",
      env.OPERATOR_TOKEN,
      estate.mark,
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("no entry is left", () => {
  test("by reading, by a commit, by a test of an endpoint and by a dry run", async () => {
    const estate = await makeEstate();
    await dies(estate);
    const before = await entriesOf(estate.ids.tenant);
    for (const one of guarded.filter(
      ({ method, access }) => method === "GET" || access === "messages:write",
    )) {
      const query = one.operationId === "searchDeployment" ? "?q=order" : "";
      const answer = await call(
        one.method,
        fill(one.path, estate.ids) + query,
        one.body === undefined ? {} : { body: one.body },
      );
      expect(answer.status, one.path).toBeLessThan(300);
    }
    const path = `/v1/tenants/${estate.ids.tenant}`;
    await call("POST", `${path}/endpoints/${estate.ids["endpoint"]}/test`);
    await call("POST", `${path}/dead-letters/replay`, { body: { dryRun: true } });
    expect(await entriesOf(estate.ids.tenant)).toEqual(before);
  });

  test("by a write that finds nothing to change", async () => {
    const estate = await makeEstate();
    const { tenant, endpoint, message } = estate.ids;
    const path = `/v1/tenants/${tenant}`;
    const before = await entriesOf(tenant);
    const asked = [
      await call("POST", "/v1/tenants", { body: { id: tenant } }),
      await call("POST", `${path}/event-types`, { body: { name: "order.placed", description: estate.mark } }),
      await call("POST", `${path}/dead-letters/replay`, { body: {} }),
      await call("POST", `${path}/dead-letters/dismiss`, { body: {} }),
      await call("POST", `${path}/endpoints/${endpoint}/skip`, { body: {} }),
    ];
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 202, 202, 202]);
    const refused = [
      await call("PATCH", `${path}/endpoints/${endpoint}`, {
        body: { order: "strict" },
        headers: { "if-match": '"99"' },
      }),
      await call("DELETE", `${path}/tokens/tok_none`),
      await call("DELETE", `${path}/endpoints/ep_none`),
      await call("DELETE", `${path}/event-types/none`),
      await call("POST", `${path}/messages/${message}/deliveries/${endpoint}/skip`),
      await call("POST", `${path}/messages/${message}/deliveries/${endpoint}/replay`),
      await call("POST", `${path}/messages/${message}/deliveries/${endpoint}/dismiss`),
      await call("POST", `${path}/event-types`, { body: { name: "order.placed", description: "another" } }),
      await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url: "http://10.0.0.1/" } }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([412, 404, 404, 404, 409, 409, 409, 409, 422]);
    expect(await entriesOf(tenant)).toEqual(before);
  });
});

describe("readers of the audit", () => {
  test("as a tenant, with the scope manage, sees its own tokens' names and addresses, and of the operator neither", async () => {
    const { id, path } = await createTenant();
    const issued = await call("POST", `${path}/tokens`, {
      body: { scopes: ["manage"] },
      headers: { "cf-connecting-ip": "198.51.100.1" },
    });
    const { token } = issued.body;
    await call("POST", `${path}/event-types`, {
      token,
      body: { name: "a" },
      headers: { "cf-connecting-ip": "2001:db8::1" },
    });
    const { status, body } = await call("GET", `${path}/audit`, { token });
    expect(status).toBe(200);
    expect(body.nextCursor).toBeNull();
    expect(body.data).toMatchObject([
      {
        operation: "createEventType",
        caller: "token",
        callerId: issued.body.id,
        role: null,
        address: "2001:db8::1",
      },
      { operation: "issueToken", caller: "operator", callerId: null, role: "admin", address: null },
      { operation: "createTenant", caller: "operator", callerId: null, address: null },
    ]);
    expect(await entriesOf(id)).toMatchObject([
      { callerId: issued.body.id },
      { callerId: "operator", address: "198.51.100.1" },
      { callerId: "operator", address: null },
    ]);
  });

  test("as the operator finds who has deleted a tenant", async () => {
    const { id, path } = await createTenant();
    await call("DELETE", path);
    expect(await newestOf(id)).toMatchObject({ operation: "deleteTenant", callerId: "operator" });
    expect(await call("GET", `${path}/audit`)).toMatchObject({
      status: 404,
      body: { code: "tenant_not_found" },
    });
  });

  test("can narrow it to an operation, and to a time", async () => {
    const { id, path } = await createTenant();
    await call("POST", `${path}/pause`);
    await call("POST", `${path}/resume`);
    const [resumed, paused, created] = await entriesOf(id);
    expect((await entriesOf(id, "&operation=pauseTenant")).map((one) => one.id)).toEqual([paused?.id]);
    expect((await call("GET", `${path}/audit?operation=resumeTenant`)).body.data).toMatchObject([
      { id: resumed?.id },
    ]);
    await run("UPDATE outbox_audit SET at = 1000 WHERE id = ?", created?.id);
    await run("UPDATE outbox_audit SET at = 2000 WHERE id = ?", paused?.id);
    await run("UPDATE outbox_audit SET at = 3000 WHERE id = ?", resumed?.id);
    const within = async (since: string, until: string) =>
      (await entriesOf(id, `&since=1970-01-01T00:00:${since}Z&until=1970-01-01T00:00:${until}Z`)).map(
        (one) => one.id,
      );
    expect(await within("01.000", "03.000")).toEqual([paused?.id, created?.id]);
    expect(await within("01.001", "03.001")).toEqual([resumed?.id, paused?.id]);
  });

  test("can narrow it to a kind of caller, and to one of them", async () => {
    const { id, path } = await createTenant();
    const [one, other] = [await issueManage(path), await issueManage(path)];
    await call("POST", `${path}/event-types`, { token: one.token, body: { name: "a" } });
    await call("POST", `${path}/event-types`, { token: other.token, body: { name: "b" } });
    const operations = async (query: string) => (await entriesOf(id, query)).map((entry) => entry.operation);
    expect(await operations("&caller=token")).toEqual(["createEventType", "createEventType"]);
    expect(await operations(`&callerId=${one.id}`)).toEqual(["createEventType"]);
    expect(await operations("&callerId=operator")).toEqual(["issueToken", "issueToken", "createTenant"]);
    expect(await operations("&caller=operator&operation=createTenant")).toEqual(["createTenant"]);
    expect(await operations(`&caller=operator&callerId=${one.id}`)).toEqual([]);
    expect(await operations("&caller=app")).toEqual([]);
    const own = await call("GET", `${path}/audit?callerId=${other.id}`, { token: one.token });
    expect(own.body.data).toMatchObject([{ callerId: other.id, subject: { eventType: "b" } }]);
  });

  test("can narrow it to what was done to a message", async () => {
    const { id, path } = await createTenant();
    const body = { channel: "webhook", url: "https://example.com/", eventTypes: ["a"] };
    const endpoint = (await call("POST", `${path}/endpoints`, { body })).body.id;
    await call("POST", `${path}/endpoints/${endpoint}/pause`);
    const send = async (): Promise<string> =>
      (await call("POST", `${path}/messages`, { body: { eventType: "a", payload: 1 } })).body.id;
    const [one, other] = [await send(), await send()];
    const deliveryOf = (message: string) => `${path}/messages/${message}/deliveries/${endpoint}`;
    for (const act of ["cancel", "replay"]) await call("POST", `${deliveryOf(one)}/${act}`);
    await call("POST", `${path}/messages/${other}/cancel`);
    const acts = async (message: string) =>
      (await entriesOf(id, `&messageId=${message}`)).map(({ operation, subject }) => [operation, subject]);
    expect(await acts(one)).toEqual([
      ["replayDelivery", { message: one, endpoint }],
      ["cancelDelivery", { message: one, endpoint }],
    ]);
    expect(await acts(other)).toEqual([["cancelMessage", { message: other }]]);
    expect(await acts("msg_unknown")).toEqual([]);
  });

  test("finds no operator by a name that it is not told", async () => {
    const { path } = await createTenant();
    const { token } = await issueManage(path);
    const found = async (query: string) =>
      (await call("GET", `${path}/audit${query}`, { token })).body.data.length;
    expect(await found("?callerId=operator")).toBe(0);
    expect(await found("?caller=operator")).toBe(2);
    expect((await call("GET", `${path}/audit?callerId=operator`)).body.data).toHaveLength(2);
  });

  test.each([
    "?caller=",
    "?caller=nobody",
    "?callerId=",
    "?operation=",
    "?since=yesterday",
    "?limit=0",
    "?cursor=x",
    "?tenantId=acme",
  ])("asks for %s in vain: 422", async (query) => {
    const { path } = await createTenant();
    expect(await call("GET", `${path}/audit${query}`)).toMatchObject({
      status: 422,
      body: { code: "invalid_input" },
    });
  });

  test("gets every entry once, newest first, in pages; of all tenants too", async () => {
    const { id, path } = await createTenant();
    for (let n = 0; n < 3; n++) for (const what of ["pause", "resume"]) await call("POST", `${path}/${what}`);
    await run("UPDATE outbox_audit SET at = 5000 WHERE tenant_id = ? AND operation = 'pauseTenant'", id);
    const inPages = async (list: string) => {
      const seen: Entry[] = [];
      let cursor: string | null = "";
      for (let pages = 0; cursor !== null && pages < 50; pages++) {
        const page: { body: { data: Entry[]; nextCursor: string | null } } = await call(
          "GET",
          `${list}${cursor && `&cursor=${cursor}`}`,
        );
        expect(page.body.data.length).toBeLessThanOrEqual(2);
        seen.push(...page.body.data);
        cursor = page.body.nextCursor;
      }
      return seen;
    };
    const whole = await entriesOf(id);
    expect(whole).toHaveLength(7);
    expect(await inPages(`${path}/audit?limit=2`)).toEqual(whole);
    expect(await inPages(`/v1/audit?limit=2&tenantId=${id}`)).toEqual(whole);
    const span = "&since=1970-01-01T00:00:05Z&until=1970-01-01T00:00:06Z";
    const old = await inPages(`/v1/audit?limit=2${span}`);
    expect(old.map((one) => one.operation)).toEqual(Array(3).fill("pauseTenant"));
  });
});

describe("the client in an entry", () => {
  const pausedBy = async (headers: Record<string, string>) => {
    const { id, path } = await createTenant();
    const response = await apiWith({
      operatorTokens: [{ name: "ada", role: "admin", token: "the-token-of-ada" }],
    })(`${path}/pause`, {
      method: "POST",
      headers: { authorization: "Bearer the-token-of-ada", ...headers },
    });
    expect(response.status).toBe(200);
    return newestOf(id);
  };

  test("is the operator's name and role, and the address as Cloudflare has it", async () => {
    expect(await pausedBy({ "cf-connecting-ip": "2001:db8::7" })).toMatchObject({
      callerId: "ada",
      role: "admin",
      address: "2001:db8::7",
    });
  });

  test.each([{}, { "cf-connecting-ip": "<script>" }, { "x-forwarded-for": "203.0.113.9" }])(
    "is no address where none is known: %j",
    async (headers) => {
      expect((await pausedBy(headers as Record<string, string>)).address).toBeNull();
    },
  );
});
