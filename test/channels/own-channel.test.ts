/** Channels of the app's own: the page's SMS against a stand-in that speaks its protocol, and one whose answers a test chooses. */
import { env as bindings } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import type { Reply } from "../../src/channels/channel.ts";
import { createApi } from "../../src/create-api.ts";
import {
  type ChannelCall,
  channel,
  createOutbox,
  event,
  type OutboxEnv,
  permanent,
  temporary,
  work,
} from "../../src/index.ts";
import { type TestOutbox, testOutbox } from "../../src/testing/testing.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { createHook, type Hook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { eventually } from "../support/runner/eventually.ts";
import { outbox as shop } from "./sms.ts";

const env = {
  ...(bindings as unknown as OutboxEnv),
  RETRY_SCHEDULE: "3600,3600",
  WEBHOOK_TIMEOUT_SECONDS: "1",
};
let tenant: string;

beforeEach(() => {
  tenant = `t-${crypto.randomUUID()}`;
});

const taken = (sid: string): Answer => ({ status: 201, body: JSON.stringify({ sid, status: "queued" }) });
const refused = (status: number, code: number, headers?: Record<string, string>): Answer => ({
  status,
  body: JSON.stringify({ code, message: `Error ${code}` }),
  ...(headers && { headers }),
});

describe("an SMS", () => {
  let hook: Hook;
  let testing: TestOutbox;
  let shopEnv: Parameters<typeof shop>[0];

  async function answer(...answers: Answer[]) {
    hook = await createHook(...answers);
    shopEnv = { ...env, TWILIO_URL: hook.url, TWILIO_ACCOUNT: `AC${tenant}`, TWILIO_TOKEN: "secret" };
    testing = testOutbox(shop, shopEnv);
  }
  const commit = (to: string, options = {}, of = tenant) =>
    shop(shopEnv).commit(of, { messages: [work("sms", { to, text: "Hello" }, options)] });
  const sent = async () =>
    (await hook.received()).map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const deliveries = async (of = tenant) => (await testing.committed(of)).flatMap((one) => one.deliveries);

  test("is sent as its schema made it, with the id under which it was taken on record", async () => {
    await answer(taken("SM1"));
    await commit("+34 600-12 34 56");
    await testing.deliver(tenant);
    expect(await sent()).toEqual([{ To: "+34600123456", From: "+15005550006", Body: "Hello" }]);
    const [message] = await testing.committed(tenant);
    expect(message).toMatchObject({
      eventType: "work",
      payload: { to: "+34600123456", text: "Hello" },
      deliveries: [
        {
          endpointId: "ep_handler_sms",
          channel: "handler",
          state: "delivered",
          attempts: [{ outcome: "delivered", httpStatus: 201, responseExcerpt: "SM1" }],
        },
      ],
    });
    await checkInvariants(bindings.DB, tenant);
  });

  test("that does not fit its schema is refused with its fields, and leaves nothing behind", async () => {
    await answer(taken("SM1"));
    const bad = [work("sms", { to: "+34600123456", text: "Hello" }), work("sms", { to: "Ada", text: "" })];
    await expect(shop(shopEnv).commit(tenant, { messages: bad })).rejects.toMatchObject({
      code: "invalid_input",
      failure: {
        fields: [
          { path: "messages[1].payload.to", message: expect.stringContaining("like +34600123456") },
          { path: "messages[1].payload.text" },
        ],
      },
    });
    expect(await testing.committed(tenant)).toEqual([]);
    const rows = await bindings.DB.prepare("SELECT * FROM outbox_tenants WHERE id = ?").bind(tenant).all();
    expect(rows.results).toEqual([]);
  });

  test("is checked over HTTP, too, where only an operator commits it", async () => {
    await answer(taken("SM1"));
    await shop(shopEnv).tenants.create({ id: tenant });
    const { token } = await shop(shopEnv).tokens.create(tenant, { scopes: ["messages:write"] });
    const post = async (to: string, bearer: string) => {
      const body = JSON.stringify({
        eventType: "work",
        endpointIds: ["ep_handler_sms"],
        payload: { to, text: "Hello" },
      });
      const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
      const url = `https://outbox.test/v1/tenants/${tenant}/messages`;
      const response = await createApi(shop).fetch(
        new Request(url, { method: "POST", headers, body }),
        shopEnv,
      );
      return { status: response.status, body: await response.json() };
    };
    const operator = String(shopEnv.OPERATOR_TOKEN);
    expect(await post("Ada", operator)).toMatchObject({
      status: 422,
      body: { errors: [{ path: "payload.to" }] },
    });
    expect(await post("+34600123456", token)).toMatchObject({ status: 403 });
    expect(await testing.committed(tenant)).toEqual([]);
    expect(await post("+34600123456", operator)).toMatchObject({ status: 202 });
    await testing.deliver(tenant);
    expect(await sent()).toHaveLength(1);
  });

  test("repeated under its idempotency key is one, whatever its schema makes of it", async () => {
    await answer(taken("SM1"));
    const once = () =>
      shop(shopEnv).commit(tenant, {
        idempotencyKey: "k",
        messages: [work("sms", { to: "+34 600 123 456", text: "Hello" })],
      });
    const first = await once();
    expect(await once()).toMatchObject({ duplicate: true, messages: [{ id: first.messages[0]?.id }] });
    await testing.settle(tenant);
    expect(await sent()).toHaveLength(1);
  });

  test.each<[string, Answer, object]>([
    [
      "a number that is none is a dead letter",
      refused(400, 21_211),
      { state: "dead", attempts: [{ outcome: "dead", error: "twilio_21211", httpStatus: 400 }] },
    ],
    [
      "a failing provider is tried again by the schedule",
      refused(503, 20_500),
      { state: "pending", attempts: [{ outcome: "retry", error: "twilio_20500" }] },
    ],
    [
      "an answer that is no JSON is tried again",
      { status: 502, body: "<html>" },
      { state: "pending", attempts: [{ outcome: "retry", error: "handler_threw" }] },
    ],
    [
      "an acceptance without an id is none",
      { status: 201, body: "{}" },
      { state: "pending", attempts: [{ outcome: "retry" }] },
    ],
  ])("%s", async (_, first, expected) => {
    await answer(first, taken("SM1"));
    await commit("+34600123456");
    await testing.deliver(tenant);
    expect(await deliveries()).toMatchObject([expected]);
    await testing.settle(tenant);
    expect(await sent()).toHaveLength((expected as { state: string }).state === "dead" ? 1 : 2);
  });

  test("that is one too many waits for as long as was asked, and has used up no attempt", async () => {
    await answer(refused(429, 20_429, { "retry-after": "600" }), taken("SM1"));
    await commit("+34600123456");
    const begun = testing.now.getTime();
    const { nextAt } = await testing.deliver(tenant);
    expect(Date.parse(nextAt ?? "") - begun).toBeGreaterThanOrEqual(600_000);
    expect(await deliveries()).toMatchObject([{ attempts: [{ outcome: "retry", httpStatus: 429 }] }]);
    const tries = await bindings.DB.prepare("SELECT spared FROM outbox_deliveries WHERE tenant_id = ?")
      .bind(tenant)
      .all();
    expect(tries.results).toEqual([{ spared: 1 }]);
    await testing.settle(tenant);
    expect(await deliveries()).toMatchObject([{ state: "delivered" }]);
  });

  test("holds back those of all tenants where the account refuses, until one tries it again", async () => {
    await answer(refused(401, 20_003), taken("SM1"));
    const other = `t-${crypto.randomUUID()}`;
    await commit("+34600123456");
    await commit("+34600123457", {}, other);
    await testing.deliver(tenant);
    await testing.deliver(other);
    expect(await sent()).toHaveLength(1);
    expect(await deliveries(other)).toMatchObject([{ state: "pending", attempts: [] }]);
    await testing.settle(tenant);
    await testing.settle(other);
    expect(await sent()).toHaveLength(3);
    for (const of of [tenant, other]) expect(await deliveries(of)).toMatchObject([{ state: "delivered" }]);
  });

  test("waits for the earlier one of its ordering key", async () => {
    await answer(refused(503, 20_500), taken("SM1"));
    await commit("+34600000001", { orderingKey: "ada" });
    await commit("+34600000002", { orderingKey: "ada" });
    await testing.settle(tenant);
    expect((await sent()).map(({ To }) => To)).toEqual(["+34600000001", "+34600000001", "+34600000002"]);
  });

  test("without an answer in time is uncertain, as nobody drops its repetition", async () => {
    await answer({ instead: "hang" }, taken("SM1"));
    shopEnv = { ...shopEnv, WEBHOOK_TIMEOUT_SECONDS: "1" };
    testing = testOutbox(shop, shopEnv);
    await commit("+34600123456");
    await testing.deliver(tenant);
    // A consumer does not wait for who does not answer: its work goes on behind it.
    await eventually(async () =>
      expect(await deliveries()).toMatchObject([{ state: "pending", attempts: [{ error: "uncertain" }] }]),
    );
  });
});

describe("a channel of the app's own", () => {
  const calls: { content: unknown; call: ChannelCall }[] = [];
  let reply: (attempt: number) => Reply;
  const push = channel({
    schema: z.strictObject({ title: z.string() }),
    provider: (_: OutboxEnv, tenantId) => {
      if (tenantId.endsWith("-unknown")) throw new Error("There is no key of this tenant");
      return {
        async send(content, call) {
          calls.push({ content, call });
          return reply(call.attempt);
        },
      };
    },
  });
  interface Names {
    events: { "order.placed": null };
    work: { greet: { title: unknown } };
    channels: { push: { title: string } };
  }
  const outbox = createOutbox<OutboxEnv, Names>({
    createTenants: true,
    handlers: {
      greet: ({ message: { payload } }) => ({ messages: [work("push", payload as { title: string })] }),
    },
    channels: { push },
  });
  let testing: TestOutbox;

  beforeEach(() => {
    calls.length = 0;
    reply = () => ({ kind: "accepted", id: "p-1", httpStatus: null, excerpt: null });
    testing = testOutbox(outbox, env);
  });

  const commit = (of = tenant) => outbox(env).commit(of, { messages: [work("push", { title: "Hi" })] });
  const deliveries = async (of = tenant) => (await testing.committed(of)).flatMap((one) => one.deliveries);

  test("is told of its message, and keeps its key until a person has it sent again", async () => {
    reply = (attempt) => (attempt === 1 ? temporary("busy") : ({ kind: "accepted" as const } as Reply));
    const { messages } = await commit();
    await testing.settle(tenant);
    const id = messages[0]?.id ?? "";
    const key = `${id}/ep_handler_push`;
    await outbox(env).deliveries.replay(tenant, { messageId: id, endpointId: "ep_handler_push" });
    await testing.settle(tenant);
    expect(calls.map(({ call: { signal, ...call } }) => [signal.aborted, call])).toEqual([
      [false, { tenantId: tenant, messageId: id, attempt: 1, idempotencyKey: key }],
      [false, { tenantId: tenant, messageId: id, attempt: 2, idempotencyKey: key }],
      [false, { tenantId: tenant, messageId: id, attempt: 3, idempotencyKey: `${key}/r1` }],
    ]);
    expect(calls[0]?.content).toEqual({ title: "Hi" });
  });

  test("whose provider answers a number for an id has sent it, once", async () => {
    reply = () => ({ kind: "accepted", id: 12_345 }) as never;
    await commit();
    await testing.settle(tenant);
    expect(calls).toHaveLength(1);
    expect(await deliveries()).toMatchObject([
      { state: "delivered", attempts: [{ responseExcerpt: "12345" }] },
    ]);
  });

  test("is never disabled by an answer: gone is of the message alone", async () => {
    reply = () => ({ kind: "gone", error: "token_gone", httpStatus: 410, excerpt: null, retryAfterMs: null });
    await commit();
    await testing.settle(tenant);
    expect(await deliveries()).toMatchObject([{ state: "dead", reason: "given_up" }]);
    expect(await outbox(env).endpoints.get(tenant, "ep_handler_push")).toMatchObject({ state: "enabled" });
  });

  test.each<[string, () => unknown]>([
    ["answers nothing", () => undefined],
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
  ])("that %s is tried again", async (_, answer) => {
    reply = (attempt) => (attempt === 1 ? (answer() as Reply) : permanent("refused", "x".repeat(5000)));
    await commit();
    await testing.settle(tenant);
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({
      state: "dead",
      attempts: [{ error: "handler_threw" }, { error: "refused" }],
    });
    expect(delivery?.attempts[1]?.responseExcerpt?.length).toBeLessThanOrEqual(1024);
  });

  test("whose provider cannot be made fails the attempts of that tenant, and tells of it", async () => {
    const unknown = `${tenant}-unknown`;
    await commit(unknown);
    await testing.deliver(unknown);
    expect(await deliveries(unknown)).toMatchObject([
      {
        state: "pending",
        attempts: [{ error: "handler_threw", responseExcerpt: expect.stringContaining("no key") }],
      },
    ]);
  });

  test("takes from a handler only what fits: otherwise none of its effects is committed", async () => {
    await outbox(env).commit(tenant, { messages: [work("greet", { title: 7 })] });
    await testing.deliver(tenant);
    expect(await deliveries()).toMatchObject([
      {
        endpointId: "ep_handler_greet",
        attempts: [{ error: "effects_refused", responseExcerpt: expect.stringContaining("payload.title") }],
      },
    ]);
    await outbox(env).commit(tenant, { messages: [work("greet", { title: "Hi" })] });
    await testing.deliver(tenant);
    expect(calls.map(({ content }) => content)).toEqual([{ title: "Hi" }]);
  });

  test("takes no events, which are no contents of it", async () => {
    await outbox(env).tenants.create({ id: tenant });
    const endpoint = { channel: "handler" as const, handler: "push", eventTypes: ["order.placed"] };
    await expect(outbox(env).endpoints.create(tenant, endpoint)).rejects.toMatchObject({
      failure: { fields: [{ path: "handler", message: expect.stringContaining("registered are greet") }] },
    });
    const named = event("order.placed", null, { endpointIds: ["ep_handler_push"] });
    await expect(outbox(env).commit(tenant, { messages: [named] })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  test.each<[object, string]>([
    [{ channels: { push: () => undefined } }, "channels.push must be made by channel(…)"],
    [{ channels: { push: null } }, "channels.push must be made by channel(…)"],
    [{ channels: { "a b": push } }, "channels.a b"],
    [{ channels: { push }, handlers: { push: () => undefined } }, '"push"'],
  ])("is refused where it is wrong: %j", (options, message) => {
    expect(() => createOutbox(options)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });
});
