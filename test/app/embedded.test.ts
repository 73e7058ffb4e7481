/** The outbox inside an app's own Worker: real requests, relays, queues and handlers. */
import { createScheduledController } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { event, type NewEndpoint } from "../../src/index.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf } from "../support/database/rows.ts";
import { eventually } from "../support/runner/eventually.ts";
import app, { type Env, outbox, TABLES } from "./app.ts";

let tenant: string;

beforeAll(async () => {
  for (const table of TABLES.trim().split(";").filter(Boolean)) await env.DB.prepare(table).run();
});

beforeEach(() => {
  tenant = `t-${crypto.randomUUID()}`;
});

const order = async (card: string) => {
  const id = crypto.randomUUID();
  const init = { method: "POST", body: JSON.stringify({ id, card }) };
  const response = await exports.default.fetch(`http://app.test/${tenant}/orders`, init);
  expect(response.status).toBe(202);
  return {
    id,
    ...((await response.json()) as { messages: { id: string; deliveries: number }[]; rows: number[] }),
  };
};

const api = (method: string, path: string, body?: object) =>
  exports.default.fetch(`http://app.test/outbox${path}`, {
    method,
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });

const untilSettled = () =>
  eventually(async () => {
    const deliveries = await deliveriesOf(tenant);
    const unsettled = deliveries.filter(({ settled_at }) => settled_at === null);
    if (unsettled.length > 0) throw new Error(`unsettled: ${unsettled.map((one) => one.endpoint_id)}`);
    return deliveries;
  });

const stateOf = (id: string) =>
  env.DB.prepare("SELECT state, charges FROM app_orders WHERE id = ?").bind(id).first();
const sightingsOf = async (id: string) => {
  const found = env.DB.prepare("SELECT event_type FROM app_sightings WHERE order_id = ? ORDER BY id").bind(
    id,
  );
  return (await found.all<{ event_type: string }>()).results.map(({ event_type }) => event_type);
};

describe("an order, in an app's own Worker and database", () => {
  test.each(["good", "slow", "broken"])(
    "with a %s card is charged once, and tells of it in order",
    async (card) => {
      const { id, messages, rows } = await order(card);
      expect(rows).toEqual([1]);
      expect(messages.map(({ deliveries }) => deliveries)).toEqual([1, 1]);
      await eventually(async () => expect(await sightingsOf(id)).toEqual(["order.placed", "order.paid"]));
      const deliveries = await untilSettled();
      expect(await stateOf(id)).toEqual({ state: "paid", charges: 1 });
      expect(deliveries.map(({ endpoint_id, state }) => [endpoint_id, state])).toEqual([
        ["ep_handler_watch", "delivered"],
        ["ep_handler_charge-card", "delivered"],
        ["ep_handler_watch", "delivered"],
        ["ep_email", "delivered"],
      ]);
      const charge = await outbox(env as unknown as Env).messages.get(tenant, messages[1]?.id ?? "");
      expect(charge).toMatchObject({
        eventType: "work",
        payload: { orderId: id, card },
        deliveries: [{ channel: "handler", attempts: card === "good" ? [{}] : [{ outcome: "retry" }, {}] }],
      });
      await checkInvariants(env.DB, tenant);
    },
  );

  test("is told by the app's own e-mail provider, once, by a key that stays the same", async () => {
    await order("good");
    const email = await eventually(async () => {
      const found = (await deliveriesOf(tenant)).find(({ endpoint_id }) => endpoint_id === "ep_email");
      expect(found?.state).toBe("delivered");
      return found;
    });
    expect(email).toMatchObject({ attempts: 1 });
    const listed = await (await api("GET", `/v1/tenants/${tenant}/emails`)).json();
    const { data } = listed as { data: { messageId: string }[] };
    const key = `${data[0]?.messageId}/ep_email`;
    const { results } = await env.DB.prepare("SELECT * FROM app_emails WHERE key = ?").bind(key).all();
    expect(results).toEqual([{ key, recipient: "ada@example.com", subject: "Paid" }]);
  });

  test("with a stolen card is a dead letter that says why, and is paid when a person replays it", async () => {
    const { id, messages } = await order("stolen");
    await untilSettled();
    expect(await stateOf(id)).toEqual({ state: "pending", charges: 0 });
    const letters = await (await api("GET", `/v1/tenants/${tenant}/dead-letters`)).json();
    expect(letters).toMatchObject({
      data: [
        {
          messageId: messages[1]?.id,
          endpointId: "ep_handler_charge-card",
          error: "gave_up",
          reason: "given_up",
        },
      ],
    });
  });

  test("an order whose row is refused sends nothing", async () => {
    const { id } = await order("good");
    await untilSettled();
    const init = { method: "POST", body: JSON.stringify({ id, card: "good" }) };
    const again = await exports.default.fetch(`http://app.test/${tenant}/orders`, init);
    expect(again.status).toBe(500);
    expect(await deliveriesOf(tenant)).toHaveLength(4);
  });
});

describe("the API, mounted under a path of the app", () => {
  test("answers there as it does elsewhere, its document and its page among it", async () => {
    expect((await api("GET", "/health")).status).toBe(200);
    const document = await api("GET", "/openapi.json");
    expect(await document.json()).toMatchObject({ openapi: "3.1.0", servers: [{ url: "." }] });
    const page = await (await api("GET", "/docs")).text();
    expect(page).toContain('href="docs/style.css"');
    expect((await api("GET", "/docs/style.css")).headers.get("content-type")).toContain("text/css");
    expect((await api("GET", "/nothing")).status).toBe(404);
    expect((await api("PUT", "/v1/tenants")).status).toBe(405);
  });

  test("takes no webhook for a call; what the app takes beside it is the app's", async () => {
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x" };
    const post = (path: string, body: object) =>
      exports.default.fetch(`http://app.test${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
    expect((await post(`/outbox/v1/tenants/${tenant}/messages`, { eventType: "a" })).status).toBe(508);
    const order = { id: crypto.randomUUID(), card: "good" };
    expect((await post(`/${tenant}/orders`, order)).status).toBe(202);
  });

  test("makes tenants and endpoints of handlers that are there, subscribed to system events too", async () => {
    expect((await api("POST", "/v1/tenants", { id: tenant })).status).toBe(201);
    const path = `/v1/tenants/${tenant}/endpoints`;
    const made = await api("POST", path, {
      channel: "handler",
      handler: "watch",
      eventTypes: ["message.attempt.exhausted"],
    });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ channel: "handler", handler: "watch", builtIn: false });
    const unknown = await api("POST", path, { channel: "handler", handler: "wach" });
    expect(unknown.status).toBe(422);
    expect(await unknown.json()).toMatchObject({
      errors: [{ path: "handler", message: "is not known: registered are charge-card, watch" }],
    });
  });

  test("the endpoint of a handler can be paused and given a schedule, but not deleted, and is not listed", async () => {
    await order("good");
    await untilSettled();
    const one = `/v1/tenants/${tenant}/endpoints/ep_handler_charge-card`;
    expect(await (await api("GET", one)).json()).toMatchObject({ builtIn: true, handler: "charge-card" });
    expect((await api("PATCH", one, { retrySchedule: [60] })).status).toBe(200);
    expect((await api("PATCH", one, { eventTypes: ["a"] })).status).toBe(422);
    expect((await api("POST", `${one}/pause`)).status).toBe(200);
    expect((await api("DELETE", one)).status).toBe(422);
    expect(await (await api("GET", `/v1/tenants/${tenant}/endpoints`)).json()).toEqual({
      data: [],
      nextCursor: null,
    });
  });

  test("a tenant's token commits no work, and makes no endpoint of a handler", async () => {
    await api("POST", "/v1/tenants", { id: tenant });
    const scopes = ["messages:write", "read", "manage"];
    const made = await api("POST", `/v1/tenants/${tenant}/tokens`, { scopes, expiresInSeconds: 600 });
    const { token } = (await made.json()) as { token: string };
    const asTenant = (path: string, body: object) =>
      exports.default.fetch(`http://app.test/outbox/v1/tenants/${tenant}/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const toHandler = { payload: 1, endpointIds: ["ep_handler_charge-card"] };
    expect((await asTenant("messages", { eventType: "work", ...toHandler })).status).toBe(403);
    expect(
      (await asTenant("messages/batch", { messages: [{ eventType: "work", ...toHandler }] })).status,
    ).toBe(403);
    expect((await asTenant("messages", { eventType: "a", ...toHandler })).status).toBe(422);
    expect((await asTenant("endpoints/ep_handler_charge-card/test", {})).status).toBe(422);
    expect((await asTenant("endpoints", { channel: "handler", handler: "watch" })).status).toBe(403);
    expect(await deliveriesOf(tenant)).toEqual([]);
  });

  test("work can be committed over HTTP, for a handler that is there", async () => {
    await api("POST", "/v1/tenants", { id: tenant });
    const messages = `/v1/tenants/${tenant}/messages`;
    const workFor = (name: string) => ({
      eventType: "work",
      payload: { orderId: "none", card: "good" },
      endpointIds: [`ep_handler_${name}`],
    });
    expect((await api("POST", messages, workFor("charge-card"))).status).toBe(202);
    const refused = await api("POST", messages, workFor("chrage-card"));
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ errors: [{ path: "endpointIds" }] });
    expect((await api("POST", messages, { eventType: "work", payload: 1 })).status).toBe(422);
    expect((await api("POST", messages, workFor("watch"))).status).toBe(422);
  });
});

describe("in code", () => {
  const here = () => outbox(env as unknown as Env);

  test("tenants and endpoints are made, the secret of a webhook shown", async () => {
    expect(await here().tenants.create({ id: tenant, name: "Acme" })).toMatchObject({
      id: tenant,
      state: "active",
    });
    const url = "https://example.com/hook";
    expect(await here().endpoints.create(tenant, { channel: "webhook", url })).toMatchObject({
      url,
      secret: expect.stringMatching(/^whsec_/),
    });
  });

  test.each([
    [{ channel: "webhook", url: "https://10.0.0.1/" }, /^url/],
    [{ channel: "handler", handler: "nobody" }, /^handler: is not known/],
    [{ channel: "pigeon" }, /^channel/],
  ])("an endpoint that cannot be, %o, is refused by name", async (input, words) => {
    await here().tenants.create({ id: tenant });
    await expect(here().endpoints.create(tenant, input as NewEndpoint)).rejects.toThrow(words);
  });

  test("writes through the library are on record as the app's, also the tenants that its commits create", async () => {
    await here().tenants.create({ id: tenant });
    const endpoint = await here().endpoints.create(tenant, {
      channel: "email",
      address: "ada@example.com",
    });
    const made = `${tenant}-made`;
    await here().commit(made, { messages: [event("order.placed", { id: "1" })] });
    const entriesOf = async (id: string) =>
      ((await (await api("GET", `/v1/audit?tenantId=${id}`)).json()) as { data: object[] }).data;
    const byApp = { caller: "app", callerId: null, role: null, address: null, requestId: null };
    expect(await entriesOf(tenant)).toMatchObject([
      { ...byApp, operation: "createEndpoint", subject: { endpoint: endpoint.id } },
      { ...byApp, operation: "createTenant", subject: {} },
    ]);
    expect(await entriesOf(made)).toMatchObject([{ ...byApp, operation: "createTenant" }]);
  });

  test("a webhook that moves to another origin with a new secret is answered with it", async () => {
    await here().tenants.create({ id: tenant, quota: { messagesPerDay: 5 }, notifyEmail: "ada@example.com" });
    expect(await here().tenants.get(tenant)).toMatchObject({
      quota: { messagesPerDay: 5 },
      notifyEmail: "ada@example.com",
    });
    const hook = await here().endpoints.create(tenant, {
      channel: "webhook",
      url: "https://hooks.example.com/",
    });
    const url = "https://other.example.com/";
    await expect(here().endpoints.update(tenant, hook.id, { url })).rejects.toThrow(/^signingSecret/);
    const moved = await here().endpoints.update(tenant, hook.id, { url, signingSecret: "rotate" });
    expect(moved.secret).toMatch(/^whsec_/);
    expect(moved.secret).not.toBe(hook.secret);
    const secret = `whsec_${btoa("x".repeat(32))}`;
    expect(await here().endpoints.rotateSecret(tenant, hook.id, { secret })).toMatchObject({ secret });
  });

  test("a test of an endpoint is a message to it alone", async () => {
    await here().tenants.create({ id: tenant });
    const { id } = await here().endpoints.create(tenant, {
      channel: "webhook",
      url: "https://hooks.example.com/",
    });
    const committed = await here().endpoints.test(tenant, id);
    expect(committed).toMatchObject({ eventType: "endpoint.test", deliveries: 1 });
    const payload = { endpointId: id };
    expect(await here().messages.get(tenant, committed.id)).toMatchObject({ payload, deliveries: [payload] });
  });

  test("a tenant whose id cannot be is not made by a commit either", async () => {
    const commit = here().commit("No such form", { messages: [] });
    await expect(commit).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("the cron does its rounds", async () => {
    await app.scheduled(createScheduledController(), env as unknown as Env);
  });
});

test("without the binding RELAY a commit is a commit, and the log says what is missing", async () => {
  const said: unknown[] = [];
  const spy = vi.spyOn(console, "warn").mockImplementation((line) => void said.push(JSON.parse(line)));
  try {
    const bare = outbox({ DB: env.DB } as unknown as Env);
    const { messages } = await bare.commit(tenant, { messages: [event("order.placed", { id: "1" })] });
    expect(messages).toMatchObject([{ eventType: "order.placed" }]);
    const error =
      "ConfigError: The binding RELAY is missing from wrangler.toml. `npx edge-outbox init` adds it.";
    await eventually(() =>
      expect(said).toContainEqual({ level: "warn", event: "relay.wake_failed", tenant, error }),
    );
  } finally {
    spy.mockRestore();
  }
});
