import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type AuditAnswer, type AuditQuery, event } from "../../src/index.ts";
import { type Env, outbox } from "./app.ts";

/** Writes through the library are on record as those over HTTP are: the operation, the ids, how many. */

const lib = outbox(env as unknown as Env);
const url = "https://example.com/hook";
const NOWHERE = "msg_000000009zzzzzzzzzzzzz";

let tenant: string;
let hook: string;
let message: string;
let token: string;

beforeEach(async () => {
  tenant = `t-${crypto.randomUUID()}`;
  await lib.tenants.create({ id: tenant });
  hook = (await lib.endpoints.create(tenant, { channel: "webhook", url, eventTypes: ["order.placed"] })).id;
  await lib.endpoints.pause(tenant, hook);
  token = (await lib.tokens.create(tenant, { scopes: ["read"] })).id;
  await lib.eventTypes.create(tenant, { name: "order.paid" });
  const committed = await lib.commit(tenant, {
    messages: [event("order.placed", { id: "1" }, { endpointIds: [hook] })],
  });
  message = committed.messages[0]?.id ?? "";
});

const run = (set: string) =>
  env.DB.prepare(`UPDATE outbox_deliveries SET ${set} WHERE tenant_id = ?`).bind(tenant).run();
const dies = async () => {
  await env.DB.prepare("UPDATE outbox_endpoints SET ordering = 'strict' WHERE tenant_id = ?")
    .bind(tenant)
    .run();
  await run("state = 'dead', settled_at = 1, due_at = NULL, blocks = 1");
};
const waits = () => run("due_at = 9e12, attempts = 1");
const nothing = async () => {};
const delivery = () => ({ messageId: message, endpointId: hook });
const ofDelivery = () => ({ message, endpoint: hook });
const ofHook = () => ({ endpoint: hook });
const made: string[] = [];

type Write = [
  operation: string,
  before: () => Promise<unknown>,
  act: () => Promise<unknown>,
  subject: () => object,
];

const WRITES: Write[] = [
  ["updateTenant", nothing, () => lib.tenants.update(tenant, { name: "Acme" }), () => ({})],
  ["pauseTenant", nothing, () => lib.tenants.pause(tenant), () => ({})],
  ["resumeTenant", nothing, () => lib.tenants.resume(tenant), () => ({})],
  ["deleteTenant", nothing, () => lib.tenants.delete(tenant), () => ({})],
  [
    "issueToken",
    nothing,
    async () => made.push((await lib.tokens.create(tenant, { scopes: ["read"] })).id),
    () => ({ token: made.at(-1) }),
  ],
  ["revokeToken", nothing, () => lib.tokens.revoke(tenant, token), () => ({ token })],
  [
    "revokeSession",
    () => env.DB.prepare("UPDATE outbox_tokens SET session_id = 's' WHERE id = ?").bind(token).run(),
    () => lib.tokens.revokeSession(tenant, "s"),
    () => ({ session: "s" }),
  ],
  [
    "createEventType",
    nothing,
    () => lib.eventTypes.create(tenant, { name: "order.sent" }),
    () => ({ eventType: "order.sent" }),
  ],
  [
    "updateEventType",
    nothing,
    () => lib.eventTypes.update(tenant, "order.paid", { archived: true }),
    () => ({ eventType: "order.paid" }),
  ],
  [
    "deleteEventType",
    nothing,
    () => lib.eventTypes.delete(tenant, "order.paid"),
    () => ({ eventType: "order.paid" }),
  ],
  [
    "createEndpoint",
    nothing,
    async () => made.push((await lib.endpoints.create(tenant, { channel: "webhook", url })).id),
    () => ({ endpoint: made.at(-1) }),
  ],
  ["updateEndpoint", nothing, () => lib.endpoints.update(tenant, hook, { description: "x" }), ofHook],
  ["deleteEndpoint", nothing, () => lib.endpoints.delete(tenant, hook), ofHook],
  [
    "rotateSecret",
    nothing,
    () => lib.endpoints.rotateSecret(tenant, hook),
    () => ({ endpoint: hook, secretRotated: true }),
  ],
  ["enableEndpoint", nothing, () => lib.endpoints.enable(tenant, hook), ofHook],
  ["disableEndpoint", nothing, () => lib.endpoints.disable(tenant, hook), ofHook],
  ["pauseEndpoint", nothing, () => lib.endpoints.pause(tenant, hook), ofHook],
  ["resumeEndpoint", nothing, () => lib.endpoints.resume(tenant, hook), ofHook],
  ["replayEndpoint", dies, () => lib.endpoints.replay(tenant, hook, { since: new Date(0) }), ofHook],
  ["retryEndpoint", waits, () => lib.endpoints.retry(tenant, hook), ofHook],
  ["skipEndpoint", dies, () => lib.endpoints.skip(tenant, hook), ofHook],
  ["cancelMessage", nothing, () => lib.messages.cancel(tenant, message), () => ({ message })],
  ["cancelDelivery", nothing, () => lib.deliveries.cancel(tenant, delivery()), ofDelivery],
  ["replayDelivery", dies, () => lib.deliveries.replay(tenant, delivery()), ofDelivery],
  ["retryDelivery", waits, () => lib.deliveries.retry(tenant, delivery()), ofDelivery],
  ["skipDelivery", dies, () => lib.deliveries.skip(tenant, delivery()), ofDelivery],
  ["dismissDelivery", dies, () => lib.deliveries.dismiss(tenant, delivery()), ofDelivery],
  ["replayDeadLetters", dies, () => lib.deadLetters.replay(tenant, { endpointId: hook }), ofHook],
  [
    "putSuppression",
    nothing,
    () => lib.suppressions.put(tenant, { address: "Ada@example.com", until: new Date(Date.now() + 60_000) }),
    () => ({ recipient: "ada@example.com" }),
  ],
  [
    "liftSuppression",
    () => lib.suppressions.put(tenant, { address: "ada@example.com" }),
    () => lib.suppressions.lift(tenant, "Ada <ada@example.com>"),
    () => ({ recipient: "ada@example.com" }),
  ],
  [
    "putUnsubscribe",
    nothing,
    () => lib.unsubscribes.put(tenant, { address: "Ada@example.com", topic: "newsletter" }),
    () => ({ recipient: "ada@example.com", topic: "newsletter" }),
  ],
  [
    "removeUnsubscribe",
    () => lib.unsubscribes.put(tenant, { address: "ada@example.com", topic: "newsletter" }),
    () => lib.unsubscribes.remove(tenant, { address: "Ada <ada@example.com>", topic: "newsletter" }),
    () => ({ recipient: "ada@example.com", topic: "newsletter" }),
  ],
  [
    "dismissDeadLetters",
    dies,
    () => lib.deadLetters.dismiss(tenant, { deliveries: [delivery()] }),
    () => ({ messages: [message] }),
  ],
];

const entries = async (): Promise<AuditAnswer[]> =>
  (await lib.audit.listOfAll({ tenantId: tenant, limit: 100 })).data;

describe("a write through the library has one entry, the app's", () => {
  test.each(WRITES)("%s", async (operation, before, act, subject) => {
    await before();
    const known = new Set((await entries()).map(({ id }) => id));
    await act();
    const left = (await entries()).filter(({ id }) => !known.has(id));
    expect(left).toMatchObject([
      { operation, caller: "app", callerId: null, role: null, affected: 1, address: null, requestId: null },
    ]);
    expect(left[0]?.subject).toEqual(subject());
  });

  test("every administrative operation of the API that the library has is played here", async () => {
    const answer = await exports.default.fetch("http://app.test/outbox/openapi.json");
    const { paths } = (await answer.json()) as {
      paths: Record<string, Record<string, { operationId: string; security?: { tenant?: string[] }[] }>>;
    };
    const writing = Object.values(paths)
      .flatMap((methods) => Object.entries(methods))
      .filter(([method, { security = [] }]) => method !== "get" && security.length > 0)
      .filter(
        ([, { security = [] }]) => !security.some(({ tenant = [] }) => tenant.includes("messages:write")),
      )
      .map(([, { operationId }]) => operationId);
    // A link writes nothing until it is opened, and suppressions are imported over HTTP alone.
    const elsewhere = ["createTenant", "testEndpoint", "createPortalLink", "importSuppressions"];
    expect(writing.filter((one) => !elsewhere.includes(one)).sort()).toEqual(
      WRITES.map(([operation]) => operation).sort(),
    );
  });

  test("a refusal, a dry run and reading leave none", async () => {
    await dies();
    const before = await entries();
    await expect(lib.messages.cancel(tenant, NOWHERE)).rejects.toMatchObject({ code: "message_not_found" });
    await expect(lib.tokens.revoke(tenant, "tok_0")).rejects.toMatchObject({ code: "token_not_found" });
    await lib.deadLetters.dismiss(tenant, { dryRun: true });
    await lib.endpoints.replay(tenant, hook, { since: new Date(0), dryRun: true });
    await lib.audit.list(tenant);
    expect(await entries()).toEqual(before);
  });
});

test("a list takes null for what is left out, as answers show it, and no half of a character", async () => {
  // Answers say null for what there is not: it can be sent back as it came.
  const nulls = { operation: null, caller: null, callerId: null, since: null, limit: null, cursor: null };
  const given = nulls as unknown as AuditQuery;
  expect((await lib.audit.list(tenant, given)).data).toEqual(await entries());
  expect((await lib.audit.listOfAll({ ...given, tenantId: tenant })).data).toEqual(await entries());
  const half = { code: "invalid_input" };
  await expect(lib.audit.list(tenant, { operation: "a\ud83d" })).rejects.toMatchObject(half);
  await expect(lib.audit.list(tenant, { callerId: "\ude00" })).rejects.toMatchObject(half);
  await expect(lib.audit.listOfAll({ tenantId: "\ude00" })).rejects.toMatchObject(half);
  await expect(lib.messages.list(tenant, { orderingKey: "\ude00" })).rejects.toMatchObject(half);
  await expect(lib.messages.list(tenant, { endpointId: "\ude00" })).rejects.toMatchObject(half);
  await expect(lib.deliveries.list(tenant, { endpointId: "\ude00" })).rejects.toMatchObject(half);
});

test("the list is narrowed to a caller", async () => {
  const ofApp = await lib.audit.list(tenant, { caller: "app", limit: 100 });
  expect(ofApp.data).toEqual(await entries());
  expect((await lib.audit.list(tenant, { callerId: token })).data).toEqual([]);
});

test("the list of a tenant is that of all, by pages", async () => {
  const { data, nextCursor } = await lib.audit.list(tenant, { limit: 2 });
  expect(data).toHaveLength(2);
  const rest = await lib.audit.list(tenant, { limit: 100, cursor: nextCursor ?? "" });
  expect([...data, ...rest.data]).toEqual(await entries());
});
