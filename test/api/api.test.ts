import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { countRows } from "../support/database/rows.ts";
import { call, createTenant } from "../support/worker/api.ts";

/** Nobody is there: the name cannot resolve (RFC 6761). */
const url = "https://hooks.invalid/hook";
let tenant: { id: string; path: string };

beforeEach(async () => {
  tenant = await createTenant();
});

const createEndpoint = (body: object = {}) =>
  call("POST", `${tenant.path}/endpoints`, { body: { channel: "webhook", url, ...body } });

describe("authentication", () => {
  test.each([
    ["no token", {}],
    ["another token", { authorization: "Bearer something-else-entirely" }],
    ["another scheme", { authorization: "Basic b3BlcmF0b3I=" }],
    ["an empty token", { authorization: "Bearer " }],
  ])("%s: 401", async (_, headers) => {
    const response = await exports.default.fetch(`http://outbox.test${tenant.path}`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(await response.json()).toMatchObject({ code: "unauthorized", status: 401 });
  });

  test("health takes no token", async () => {
    const response = await exports.default.fetch("http://outbox.test/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: "ok", overdue: expect.any(Number) });
  });
});

describe("tenants", () => {
  test("are created once: 201, and the same again 200", async () => {
    const body = { id: `t-${crypto.randomUUID()}`, name: "Acme" };
    const first = await call("POST", "/v1/tenants", { body });
    expect(first).toMatchObject({ status: 201, body: { ...body, createdAt: expect.stringMatching(/Z$/) } });
    expect(await call("POST", "/v1/tenants", { body })).toMatchObject({ status: 200, body: first.body });
  });

  test("are read, renamed and deleted; a deleted one is gone, and its id is not given out again", async () => {
    expect(await call("PATCH", tenant.path, { body: { name: "New" } })).toMatchObject({
      status: 200,
      body: { name: "New" },
    });
    expect(await call("GET", tenant.path)).toMatchObject({ status: 200, body: { name: "New" } });
    const { body: endpoint } = await createEndpoint();
    expect((await call("DELETE", tenant.path)).status).toBe(204);
    for (const path of ["", "/messages", "/endpoints", `/endpoints/${endpoint.id}`]) {
      expect(await call("GET", tenant.path + path)).toMatchObject({
        status: 404,
        body: { code: "tenant_not_found" },
      });
    }
    expect((await call("DELETE", tenant.path)).status).toBe(404);
    const again = await call("POST", "/v1/tenants", { body: { id: tenant.id } });
    expect(again).toMatchObject({ status: 409, body: { code: "tenant_deleted" } });
    const message = await call("POST", `${tenant.path}/messages`, { body: { eventType: "a", payload: 1 } });
    expect(message).toMatchObject({ status: 409, body: { code: "tenant_deleted" } });
  });

  test("take an address for e-mails about disabled endpoints, show it in lists too, and lose it with null or when deleted", async () => {
    const notifyEmail = "ada@example.com";
    const id = `t-${crypto.randomUUID()}`;
    const path = `/v1/tenants/${id}`;
    const create = (value: unknown) => call("POST", "/v1/tenants", { body: { id, notifyEmail: value } });
    for (const wrong of [
      "ada",
      "Ada <ada@example.com>",
      `${"a".repeat(320)}@example.com`,
      1,
      ["ada@example.com"],
    ]) {
      expect(await create(wrong)).toMatchObject({ status: 422, body: { errors: [{ path: "notifyEmail" }] } });
    }
    expect(await create(notifyEmail)).toMatchObject({ status: 201, body: { notifyEmail } });
    const { body: list } = await call("GET", "/v1/tenants");
    expect(list.data.find((one: { id: string }) => one.id === id)).toMatchObject({ notifyEmail });
    const change = (body: object) => call("PATCH", path, { body });
    expect(await change({ name: "Acme" })).toMatchObject({ body: { name: "Acme", notifyEmail } });
    expect(await change({ notifyEmail: "bob@example.com" })).toMatchObject({
      body: { notifyEmail: "bob@example.com" },
    });
    expect(await change({ notifyEmail: null })).toMatchObject({ body: { name: "Acme", notifyEmail: null } });
    await change({ notifyEmail });
    await call("DELETE", path);
    const row = env.DB.prepare("SELECT notify_email FROM outbox_tenants WHERE id = ?").bind(id);
    expect(await row.first("notify_email")).toBeNull();
  });

  test.each(["", "Acme", "-a", "a b", "a".repeat(65), "ä", "../x"])("the id %j is refused", async (id) => {
    const { status, body } = await call("POST", "/v1/tenants", { body: { id } });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: "id" }]);
  });
});

describe("messages", () => {
  const commit = (body: object, headers = {}) => call("POST", `${tenant.path}/messages`, { body, headers });

  test("are accepted with 202, and told with their deliveries", async () => {
    const { body: endpoint } = await createEndpoint({ eventTypes: ["order.placed"] });
    await call("POST", `${tenant.path}/endpoints/${endpoint.id}/disable`);
    const none = await commit({ eventType: "order.placed", payload: { id: 1 } });
    expect(none).toMatchObject({
      status: 202,
      body: { sequence: 1, eventType: "order.placed", deliveries: 0, duplicate: false },
    });
    const { body } = await call("GET", `${tenant.path}/messages/${none.body.id}`);
    expect(body).toMatchObject({ id: none.body.id, payload: { id: 1 }, deliveries: [] });
  });

  test("a repetition with its idempotency key answers as the first; another body is a conflict", async () => {
    const headers = { "idempotency-key": "order-7" };
    const first = await commit({ eventType: "a", payload: 1 }, headers);
    expect(await commit({ eventType: "a", payload: 1 }, headers)).toMatchObject({
      status: 202,
      body: { ...first.body, duplicate: true },
    });
    expect(await commit({ eventType: "a", payload: 2 }, headers)).toMatchObject({
      status: 409,
      body: { code: "idempotency_conflict" },
    });
    expect(await countRows("messages", tenant.id)).toBe(1);
  });

  test("whole numbers beyond 2^53 keep their digits", async () => {
    const text = '{"eventType":"a","payload":{"id":12345678901234567890,"n":1.5}}';
    const { body } = await call("POST", `${tenant.path}/messages`, { text });
    const payload = await env.DB.prepare("SELECT payload FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant.id)
      .first("payload");
    expect(payload).toBe('{"id":12345678901234567890,"n":1.5}');
    const response = await exports.default.fetch(`http://outbox.test${tenant.path}/messages/${body.id}`, {
      headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}` },
    });
    expect(await response.text()).toContain('"id":12345678901234567890');
  });

  test("are listed newest first, in pages that neither miss nor repeat", async () => {
    for (let n = 1; n <= 7; n++) await commit({ eventType: "a", payload: n });
    const seen: number[] = [];
    let cursor = "";
    do {
      const { body } = await call("GET", `${tenant.path}/messages?limit=3${cursor}`);
      seen.push(...body.data.map(({ sequence }: { sequence: number }) => sequence));
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : "";
    } while (cursor);
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  test.each([
    [{ payload: 1 }, "eventType"],
    [{ eventType: "a b", payload: 1 }, "eventType"],
    [{ eventType: 7, payload: 1 }, "eventType"],
    [{ eventType: "a" }, "payload"],
    [{ eventType: "a", payload: 1, orderingKey: 7 }, "orderingKey"],
    [{ eventType: "a", payload: 1, deliverAt: "soon" }, "deliverAt"],
    [{ eventType: "a", payload: 1, deliverAt: "2099-01-01T00:00:00Z" }, "deliverAt"],
    [{ eventType: "a", payload: 1, endpointIds: "ep_1" }, "endpointIds"],
    [{ eventType: "a", payload: 1, extra: true }, ""],
    [[], ""],
    [null, ""],
    ["text", ""],
  ])("%j is refused, by the field's name", async (body, path) => {
    const answer = await call("POST", `${tenant.path}/messages`, { body });
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid_input", errors: [{ path }] } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.requestId).toBe(answer.headers.get("x-request-id"));
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test("an idempotency key that is too long names the header", async () => {
    const answer = await commit({ eventType: "a", payload: 1 }, { "idempotency-key": "x".repeat(300) });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: "Idempotency-Key" }] } });
  });

  test("a payload over 256 KiB: 413, and a body over 512 KiB is not even read to its end", async () => {
    const large = await commit({ eventType: "a", payload: "x".repeat(300_000) });
    expect(large).toMatchObject({
      status: 413,
      body: { code: "payload_too_large", errors: [{ path: "payload" }] },
    });
    const huge = await commit({ eventType: "a", payload: "x".repeat(1_000_000) });
    expect(huge).toMatchObject({ status: 413, body: { code: "body_too_large" } });
    expect(await countRows("messages", tenant.id)).toBe(0);
  });

  test("refuse a body that is not JSON, not UTF-8 or not declared as JSON", async () => {
    const path = `${tenant.path}/messages`;
    expect(await call("POST", path, { text: '{"eventType":' })).toMatchObject({
      status: 400,
      body: { code: "malformed_json" },
    });
    expect(await call("POST", path, { text: "" })).toMatchObject({
      status: 400,
      body: { code: "malformed_json" },
    });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(await call("POST", path, { text: "{}", headers: form })).toMatchObject({ status: 415 });
    const response = await exports.default.fetch(`http://outbox.test${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
      body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      "malformed_json",
    ]);
  });

  test("a prototype's name in a payload is data like any other", async () => {
    const text = '{"eventType":"a","payload":{"__proto__":{"admin":true},"constructor":1}}';
    expect((await call("POST", `${tenant.path}/messages`, { text })).status).toBe(202);
    const payload = await env.DB.prepare("SELECT payload FROM outbox_messages WHERE tenant_id = ?")
      .bind(tenant.id)
      .first("payload");
    expect(payload).toBe('{"__proto__":{"admin":true},"constructor":1}');
  });

  test.each(["?limit=0", "?limit=101", "?limit=ten", "?limit=1.5", "?cursor=nonsense", "?cursor=eyJhIjoxfQ"])(
    "a page %s is refused",
    async (query) => {
      expect((await call("GET", `${tenant.path}/messages${query}`)).status).toBe(422);
    },
  );
});

describe("e-mails", () => {
  const send = (body: object) => call("POST", `${tenant.path}/emails`, { body });

  test("are accepted as messages to the built-in endpoint", async () => {
    const { status, body } = await send({ to: "ada@example.com", subject: "Hi", text: "Hello" });
    expect([status, body.eventType, body.deliveries]).toEqual([202, "email", 1]);
  });

  test.each([
    [{ subject: "Hi", text: "Hello" }, "to"],
    [{ to: "nobody", subject: "Hi", text: "Hello" }, "to"],
    [{ to: ["a@example.com", "b"], subject: "Hi", text: "Hello" }, "to[1]"],
    [{ to: "a@example.com", text: "Hello" }, "subject"],
    [{ to: "a@example.com", subject: "Hi" }, "text"],
    [{ to: "a@example.com", subject: "a\nBcc: x@example.com", text: "Hello" }, "subject"],
    [{ to: Array(51).fill("a@example.com"), subject: "Hi", text: "Hello" }, "to"],
    [{ to: "a@example.com", subject: "Hi", text: "x".repeat(300_000) }, ""],
  ])("%# is refused, by the field's name", async (body, path) => {
    const answer = await send(body);
    expect([413, 422]).toContain(answer.status);
    expect(answer.body.errors[0].path).toBe(path);
    expect(await countRows("messages", tenant.id)).toBe(0);
  });
});

describe("missing things", () => {
  test("an unknown tenant", async () => {
    const path = "/v1/tenants/nobody";
    const body = { eventType: "a", payload: 1 };
    for (const answer of [
      await call("GET", path),
      await call("POST", `${path}/messages`, { body }),
      await call("GET", `${path}/messages`),
      await call("GET", `${path}/endpoints`),
      await call("POST", `${path}/endpoints`, { body: { channel: "webhook", url } }),
      await call("POST", `${path}/emails`, { body: { to: "a@example.com", subject: "Hi", text: "x" } }),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: "tenant_not_found" } });
    }
  });

  test("another tenant's message and endpoint are not found, and cannot be addressed", async () => {
    const other = await createTenant();
    const { body: message } = await call("POST", `${other.path}/messages`, {
      body: { eventType: "a", payload: 1 },
    });
    const { body: endpoint } = await call("POST", `${other.path}/endpoints`, {
      body: { channel: "webhook", url },
    });
    await call("POST", `${tenant.path}/messages`, { body: { eventType: "a", payload: "mine" } });

    expect(await call("GET", `${tenant.path}/messages/${message.id}`)).toMatchObject({
      status: 404,
      body: { code: "message_not_found" },
    });
    const mine = `${tenant.path}/endpoints/${endpoint.id}`;
    for (const [method, path] of [
      ["GET", mine],
      ["PATCH", mine],
      ["DELETE", mine],
      ["POST", `${mine}/secret/rotate`],
    ] as const) {
      const body = method === "PATCH" ? { body: { description: "mine now" } } : {};
      expect(await call(method, path, body)).toMatchObject({
        status: 404,
        body: { code: "endpoint_not_found" },
      });
    }
    const addressed = { eventType: "a", payload: 1, endpointIds: [endpoint.id] };
    expect(await call("POST", `${tenant.path}/messages`, { body: addressed })).toMatchObject({
      status: 404,
      body: { code: "endpoint_not_found" },
    });
    expect((await call("GET", `${other.path}/endpoints/${endpoint.id}`)).body.description).toBeNull();
  });

  test("an unknown route", async () => {
    expect(await call("GET", "/v2/nothing")).toMatchObject({
      status: 404,
      body: { code: "route_not_found" },
    });
  });
});

describe("interventions", () => {
  test("cancel, replay, pause and resume are reached over HTTP, and say how much they did", async () => {
    const { body: endpoint } = await createEndpoint();
    const path = `${tenant.path}/endpoints/${endpoint.id}`;
    expect((await call("POST", `${path}/pause`)).body).toMatchObject({
      state: "paused",
      stateReason: "by_request",
    });
    const message = { eventType: "a", payload: 1 };
    const { body } = await call("POST", `${tenant.path}/messages`, { body: message });
    expect(body.deliveries).toBe(1);
    const delivery = `${tenant.path}/messages/${body.id}/deliveries/${endpoint.id}`;
    expect(await call("POST", `${delivery}/replay`)).toMatchObject({
      status: 409,
      body: { code: "delivery_not_settled" },
    });
    expect(await call("POST", `${delivery}/cancel`)).toMatchObject({ status: 202, body: { cancelled: 1 } });
    expect(await call("POST", `${delivery}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "delivery_settled" },
    });
    expect(await call("POST", `${tenant.path}/messages/${body.id}/cancel`)).toMatchObject({
      status: 202,
      body: { cancelled: 0 },
    });
    expect(await call("POST", `${delivery}/replay`)).toMatchObject({
      status: 202,
      body: { matched: 1, replayed: 1 },
    });
    const since = "2020-01-01T00:00:00Z";
    const many = await call("POST", `${path}/replay`, {
      body: { since, states: ["cancelled"], dryRun: true },
    });
    expect(many).toMatchObject({ status: 202, body: { matched: 0, replayed: 0 } });
    expect(await call("POST", `${tenant.path}/dead-letters/replay`, { body: {} })).toMatchObject({
      status: 202,
      body: { matched: 0 },
    });
    expect(await call("POST", `${delivery}/retry`)).toMatchObject({ status: 202, body: { retried: 1 } });
    expect(await call("POST", `${path}/retry`, { body: {} })).toMatchObject({
      status: 202,
      body: { matched: 0, retried: 0 },
    });
    expect(await call("POST", `${delivery}/dismiss`)).toMatchObject({
      status: 409,
      body: { code: "delivery_not_dead" },
    });
    expect(await call("POST", `${tenant.path}/dead-letters/dismiss`, { body: {} })).toMatchObject({
      status: 202,
      body: { matched: 0, dismissed: 0 },
    });
    expect((await call("GET", `${tenant.path}/dead-letters`)).body).toEqual({ data: [], nextCursor: null });
    expect((await call("POST", `${path}/resume`)).body).toMatchObject({ state: "enabled" });
    expect((await call("POST", `${tenant.path}/pause`)).body).toMatchObject({ state: "paused" });
    expect((await call("POST", `${tenant.path}/messages`, { body: message })).status).toBe(202);
    expect((await call("POST", `${tenant.path}/resume`)).body).toMatchObject({ state: "active" });
  });

  test.each([
    [{}, "since"],
    [{ since: "yesterday" }, "since"],
    [{ since: "2020-01-01T00:00:00Z", states: [] }, "states"],
    [{ since: "2020-01-01T00:00:00Z", states: ["pending"] }, "states[0]"],
    [{ since: "2020-01-01T00:00:00Z", all: true }, ""],
  ])("a replay with %j is refused, by the field's name", async (body, path) => {
    const { body: endpoint } = await createEndpoint();
    const answer = await call("POST", `${tenant.path}/endpoints/${endpoint.id}/replay`, { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  test("blocked keys are listed and skipped over HTTP", async () => {
    const { body: endpoint } = await createEndpoint({ order: "strict" });
    await call("POST", `${tenant.path}/endpoints/${endpoint.id}/pause`);
    const message = { eventType: "a", payload: 1, orderingKey: "k" };
    const { body: head } = await call("POST", `${tenant.path}/messages`, { body: message });
    await call("POST", `${tenant.path}/messages`, { body: message });
    const die = () =>
      env.DB.prepare(
        `UPDATE outbox_deliveries SET state = 'dead', due_at = NULL, settled_at = 1795435200000, reason = 'exhausted'
         WHERE tenant_id = ? AND seq = 1`,
      )
        .bind(tenant.id)
        .run();
    await die();
    const list = await call("GET", `${tenant.path}/blocked-keys?endpointId=${endpoint.id}`);
    expect(list.body).toEqual({
      data: [
        {
          endpointId: endpoint.id,
          orderingKey: "k",
          waiting: 1,
          blockedSince: "2026-11-23T12:00:00.000Z",
          head: {
            messageId: head.id,
            sequence: 1,
            eventType: "a",
            committedAt: head.committedAt,
            attempts: 0,
            reason: "exhausted",
            httpStatus: null,
            error: null,
            responseExcerpt: null,
          },
        },
      ],
      nextCursor: null,
    });
    const line = `${tenant.path}/blocked-keys/deliveries?endpointId=${endpoint.id}&orderingKey=k`;
    expect((await call("GET", line)).body).toMatchObject({
      data: [
        { messageId: head.id, state: "dead", blocksKey: true },
        { sequence: 2, state: "pending", waitingFor: "endpointPaused" },
      ],
      nextCursor: null,
    });
    const path = `${tenant.path}/messages/${head.id}`;
    expect((await call("GET", path)).body.deliveries[0]).toMatchObject({
      state: "dead",
      blocksKey: true,
      waitingFor: null,
    });
    const behind = await call("GET", `${tenant.path}/deliveries?state=pending`);
    expect(behind.body.data).toMatchObject([{ waitingFor: "endpointPaused", until: null }]);
    const groups = await call("GET", `${tenant.path}/dead-letters/groups?endpointId=${endpoint.id}`);
    expect(groups).toEqual({
      ...groups,
      status: 200,
      body: {
        data: [
          {
            endpointId: endpoint.id,
            channel: "webhook",
            result: { reason: "exhausted", error: null, httpStatus: null },
            count: 1,
            firstAt: "2026-11-23T12:00:00.000Z",
            lastAt: "2026-11-23T12:00:00.000Z",
            example: head.id,
            responseExcerpt: null,
          },
        ],
        complete: true,
      },
    });
    const result = { reason: "exhausted", error: null, httpStatus: null };
    const group = { endpointId: endpoint.id, result, dryRun: true };
    expect(await call("POST", `${tenant.path}/dead-letters/replay`, { body: group })).toMatchObject({
      status: 202,
      body: { matched: 1, replayed: 0 },
    });
    expect(
      await call("POST", `${tenant.path}/dead-letters/dismiss`, {
        body: { ...group, result: { ...result, httpStatus: 503 } },
      }),
    ).toMatchObject({ status: 202, body: { matched: 0 } });
    expect(
      await call("POST", `${tenant.path}/dead-letters/replay`, { body: { result: { httpStatus: "5xx" } } }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ path: "result.httpStatus" }] },
    });
    const many = (body: object) => call("POST", `${tenant.path}/endpoints/${endpoint.id}/skip`, { body });
    expect(await many({ dryRun: true })).toMatchObject({ status: 202, body: { matched: 1, skipped: 0 } });
    expect(await many({ orderingKey: "other" })).toMatchObject({ body: { matched: 0, skipped: 0 } });
    expect(await many({ key: "k" })).toMatchObject({ status: 422 });
    const skip = () => call("POST", `${path}/deliveries/${endpoint.id}/skip`);
    expect(await skip()).toMatchObject({ status: 202, body: { skipped: 1 } });
    expect(await skip()).toMatchObject({ status: 409, body: { code: "delivery_not_blocking" } });
    expect((await call("GET", `${tenant.path}/blocked-keys`)).body.data).toEqual([]);
  });

  test("nobody intervenes in another tenant", async () => {
    const other = await createTenant();
    const { body: endpoint } = await createEndpoint();
    const { body } = await call("POST", `${tenant.path}/messages`, { body: { eventType: "a", payload: 1 } });
    for (const path of [
      `messages/${body.id}/cancel`,
      `messages/${body.id}/deliveries/${endpoint.id}/cancel`,
      `messages/${body.id}/deliveries/${endpoint.id}/replay`,
      `messages/${body.id}/deliveries/${endpoint.id}/skip`,
    ]) {
      expect(await call("POST", `${other.path}/${path}`)).toMatchObject({
        status: 404,
        body: { code: "message_not_found" },
      });
    }
    const since = { body: { since: "2020-01-01T00:00:00Z" } };
    expect(await call("POST", `${other.path}/endpoints/${endpoint.id}/replay`, since)).toMatchObject({
      status: 404,
    });
    expect(await call("POST", `${other.path}/endpoints/${endpoint.id}/skip`, { body: {} })).toMatchObject({
      status: 404,
    });
    expect(await call("GET", "/v1/tenants/nobody/blocked-keys")).toMatchObject({ status: 404 });
    expect(await call("POST", "/v1/tenants/nobody/dead-letters/replay", { body: {} })).toMatchObject({
      status: 404,
    });
  });
});
