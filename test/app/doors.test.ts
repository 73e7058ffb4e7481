import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type EndpointChange, event, type NewEndpoint, OutboxError, work } from "../../src/index.ts";
import { type Env, outbox } from "./app.ts";

/** One set of rules: whatever is refused over HTTP is refused in code, by the same code and in the same words. */

const tenant = `t-${crypto.randomUUID()}`;
const deleted = `${tenant}-deleted`;
const of = `/v1/tenants/${tenant}`;
const lib = outbox(env as unknown as Env);
const NOWHERE = "msg_000000009zzzzzzzzzzzzz";
const url = "https://example.com/hook";

let hook: string;
let disabled: string;
let address: string;
let message: string;

beforeAll(async () => {
  await lib.tenants.create({ id: tenant });
  await lib.tenants.create({ id: deleted });
  await lib.tenants.delete(deleted);
  hook = (await lib.endpoints.create(tenant, { channel: "webhook", url, eventTypes: ["a"] })).id;
  disabled = (await lib.endpoints.create(tenant, { channel: "webhook", url, eventTypes: ["none"] })).id;
  address = (
    await lib.endpoints.create(tenant, { channel: "email", address: "a@example.com", eventTypes: ["none"] })
  ).id;
  await lib.endpoints.disable(tenant, disabled);
  await lib.endpoints.pause(tenant, hook);
  await lib.eventTypes.create(tenant, { name: "archived" });
  await lib.eventTypes.update(tenant, "archived", { archived: true });
  await lib.eventTypes.create(tenant, { name: "typed", schema: { type: "string" } });
  const { messages } = await lib.commit(tenant, { messages: [event("a", {})] as never });
  message = messages[0]?.id ?? "";
});

type Request = [method: string, path: string, body?: unknown, headers?: Record<string, string>];
type Refused = [name: string, code: string, http: () => Request, inCode: () => Promise<unknown>];

const delivery = () => ({ messageId: message, endpointId: hook });
const deliveryPath = () => `${of}/messages/${message}/deliveries/${hook}`;
const webhook = (rest: object): NewEndpoint => ({ channel: "webhook", url, ...rest });
const commitOf =
  (...messages: ReturnType<typeof event>[]) =>
  () =>
    lib.commit(tenant, { messages } as never);
const batchOf =
  (...messages: object[]) =>
  (): Request => ["POST", `${of}/messages/batch`, { messages }];

const ENDPOINTS: Refused[] = [
  ...[
    "https://10.0.0.1/",
    "http://example.com/",
    "https://x.vpn/",
    "https://0x7f000001.example.com/",
    "no URL",
  ].map(
    (bad): Refused => [
      `an endpoint with the URL ${bad}`,
      "invalid_input",
      () => ["POST", `${of}/endpoints`, webhook({ url: bad })],
      () => lib.endpoints.create(tenant, webhook({ url: bad })),
    ],
  ),
  ...(
    [
      ["an archived event type", { eventTypes: ["a", "archived"] }],
      ["a header that is reserved", { headers: { metadata_flavor: "x" } }],
      ["an order that there is not", { order: "strange" }],
      ["a field that there is not", { ordering: "strict" }],
      ["a schedule that is none", { retrySchedule: [-1] }],
      ["a handler for a webhook", { handler: "watch" }],
    ] as const
  ).map(
    ([what, rest]): Refused => [
      `an endpoint with ${what}`,
      "invalid_input",
      () => ["POST", `${of}/endpoints`, webhook(rest)],
      () => lib.endpoints.create(tenant, webhook(rest)),
    ],
  ),
  ...(
    [
      ["another URL that is none to call", { url: "https://192.168.1.1/" }],
      ["an archived event type", { eventTypes: ["archived"] }],
      ["an address", { address: "a@example.com" }],
    ] as const
  ).map(
    ([what, change]): Refused => [
      `a change of an endpoint to ${what}`,
      "invalid_input",
      () => ["PATCH", `${of}/endpoints/${hook}`, change],
      () => lib.endpoints.update(tenant, hook, change as EndpointChange),
    ],
  ),
  [
    "an endpoint of a handler that there is not",
    "invalid_input",
    () => ["POST", `${of}/endpoints`, { channel: "handler", handler: "nobody" }],
    () => lib.endpoints.create(tenant, { channel: "handler", handler: "nobody" }),
  ],
  [
    "a change of an endpoint that was changed since",
    "version_conflict",
    () => ["PATCH", `${of}/endpoints/${hook}`, { description: "x" }, { "if-match": '"77"' }],
    () => lib.endpoints.update(tenant, hook, { description: "x" }, { ifVersion: 77 }),
  ],
  [
    "deleting an endpoint that was changed since",
    "version_conflict",
    () => ["DELETE", `${of}/endpoints/${hook}`, undefined, { "if-match": '"77"' }],
    () => lib.endpoints.delete(tenant, hook, { ifVersion: 77 }),
  ],
  [
    "deleting a built-in endpoint",
    "invalid_input",
    () => ["DELETE", `${of}/endpoints/ep_email`],
    () => lib.endpoints.delete(tenant, "ep_email"),
  ],
  [
    "a test of a built-in endpoint",
    "invalid_input",
    () => ["POST", `${of}/endpoints/ep_email/test`],
    () => lib.endpoints.test(tenant, "ep_email"),
  ],
  [
    "a test of an endpoint that there is not",
    "endpoint_not_found",
    () => ["POST", `${of}/endpoints/ep_nowhere/test`],
    () => lib.endpoints.test(tenant, "ep_nowhere"),
  ],
  [
    "another secret for an address",
    "invalid_input",
    () => ["POST", `${of}/endpoints/${address}/secret/rotate`, {}],
    () => lib.endpoints.rotateSecret(tenant, address),
  ],
  [
    "an overlap that is too long",
    "invalid_input",
    () => ["POST", `${of}/endpoints/${hook}/secret/rotate`, { overlapSeconds: 1e9 }],
    () => lib.endpoints.rotateSecret(tenant, hook, { overlapSeconds: 1e9 }),
  ],
  ...(["pause", "resume"] as const).map(
    (act): Refused => [
      `to ${act} an endpoint that is disabled`,
      "endpoint_disabled",
      () => ["POST", `${of}/endpoints/${disabled}/${act}`],
      () => lib.endpoints[act](tenant, disabled),
    ],
  ),
  ...(["enable", "disable", "pause", "resume"] as const).map(
    (act): Refused => [
      `to ${act} an endpoint that is not there`,
      "endpoint_not_found",
      () => ["POST", `${of}/endpoints/ep_nowhere/${act}`],
      () => lib.endpoints[act](tenant, "ep_nowhere"),
    ],
  ),
  [
    "a replay of an endpoint that is not there",
    "endpoint_not_found",
    () => ["POST", `${of}/endpoints/ep_nowhere/replay`, { since: "2026-11-23T00:00:00Z" }],
    () => lib.endpoints.replay(tenant, "ep_nowhere", { since: new Date("2026-11-23T00:00:00Z") }),
  ],
  [
    "a replay since no instant",
    "invalid_input",
    () => ["POST", `${of}/endpoints/${hook}/replay`, { since: "yesterday" }],
    () => lib.endpoints.replay(tenant, hook, { since: "yesterday" }),
  ],
  ...(["retry", "skip"] as const).map(
    (act): Refused => [
      `to ${act} all of an endpoint that is not there`,
      "endpoint_not_found",
      () => ["POST", `${of}/endpoints/ep_nowhere/${act}`, {}],
      () => lib.endpoints[act](tenant, "ep_nowhere"),
    ],
  ),
];

const TENANTS: Refused[] = [
  [
    "a tenant whose id cannot be",
    "invalid_input",
    () => ["POST", "/v1/tenants", { id: "No such form" }],
    () => lib.tenants.create({ id: "No such form" }),
  ],
  [
    "a tenant that was deleted",
    "tenant_deleted",
    () => ["POST", "/v1/tenants", { id: deleted }],
    () => lib.tenants.create({ id: deleted }),
  ],
  [
    "a name that is too long",
    "invalid_input",
    () => ["PATCH", of, { name: "x".repeat(9999) }],
    () => lib.tenants.update(tenant, { name: "x".repeat(9999) }),
  ],
  [
    "statistics of no span",
    "invalid_input",
    () => ["GET", `${of}/stats?since=now`],
    () => lib.tenants.stats(tenant, { since: "now" }),
  ],
  [
    "statistics of a span that ends before it begins",
    "invalid_input",
    () => ["GET", `${of}/stats?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z`],
    () =>
      lib.tenants.stats(tenant, { since: "2026-11-24T00:00:00Z", until: new Date("2026-11-23T00:00:00Z") }),
  ],
  ...(
    [
      ["read", "GET", "", () => lib.tenants.get(deleted)],
      ["change", "PATCH", "", () => lib.tenants.update(deleted, {})],
      ["delete", "DELETE", "", () => lib.tenants.delete(deleted)],
      ["pause", "POST", "/pause", () => lib.tenants.pause(deleted)],
      ["resume", "POST", "/resume", () => lib.tenants.resume(deleted)],
      ["count", "GET", "/stats", () => lib.tenants.stats(deleted)],
      ["look at", "GET", "/now", () => lib.tenants.now(deleted)],
      ["list the failures of", "GET", "/failures", () => lib.failures.list(deleted)],
      ["group the failures of", "GET", "/failures/groups", () => lib.failures.groups(deleted)],
      ["list the endpoints of", "GET", "/endpoints", () => lib.endpoints.list(deleted)],
      ["end a session of", "DELETE", "/tokens?sessionId=s", () => lib.tokens.revokeSession(deleted, "s")],
      ["list the tokens of", "GET", "/tokens", () => lib.tokens.list(deleted)],
      ["list the event types of", "GET", "/event-types", () => lib.eventTypes.list(deleted)],
      ["list the messages of", "GET", "/messages", () => lib.messages.list(deleted)],
      ["list the e-mails of", "GET", "/emails", () => lib.emails.list(deleted)],
      ["list the deliveries of", "GET", "/deliveries", () => lib.deliveries.list(deleted)],
      ["list the dead letters of", "GET", "/dead-letters", () => lib.deadLetters.list(deleted)],
      ["group the dead letters of", "GET", "/dead-letters/groups", () => lib.deadLetters.groups(deleted)],
      ["list the blocked keys of", "GET", "/blocked-keys", () => lib.blockedKeys.list(deleted)],
      [
        "list the deliveries of a key of",
        "GET",
        "/blocked-keys/deliveries?endpointId=ep_a&orderingKey=k",
        () => lib.blockedKeys.deliveries(deleted, { endpointId: "ep_a", orderingKey: "k" }),
      ],
      ["list the audit of", "GET", "/audit", () => lib.audit.list(deleted)],
      ["replay the dead letters of", "POST", "/dead-letters/replay", () => lib.deadLetters.replay(deleted)],
      [
        "dismiss the dead letters of",
        "POST",
        "/dead-letters/dismiss",
        () => lib.deadLetters.dismiss(deleted),
      ],
    ] as const
  ).map(
    ([what, method, path, inCode]): Refused => [
      `to ${what} a tenant that was deleted`,
      "tenant_not_found",
      () => [method, `/v1/tenants/${deleted}${path}`, /^(POST|PATCH)/.test(method) ? {} : undefined],
      inCode,
    ],
  ),
  [
    "a filter of the audit that there is not",
    "invalid_input",
    () => ["GET", `${of}/audit?subject=app`],
    () => lib.audit.list(tenant, { subject: "app" } as object),
  ],
  [
    "the audit of all since no instant",
    "invalid_input",
    () => ["GET", "/v1/audit?since=yesterday"],
    () => lib.audit.listOfAll({ since: "yesterday" }),
  ],
  [
    "a token without scopes",
    "invalid_input",
    () => ["POST", `${of}/tokens`, { scopes: [] }],
    () => lib.tokens.create(tenant, { scopes: [] }),
  ],
  [
    "a link to the portal that leads elsewhere",
    "invalid_input",
    () => ["POST", `${of}/portal-links`, { next: "//evil.example" }],
    () => lib.portalLinks.create(tenant, { next: "//evil.example" }),
  ],
  [
    "a token that is not there",
    "token_not_found",
    () => ["GET", `${of}/tokens/tok_0`],
    () => lib.tokens.get(tenant, "tok_0"),
  ],
  [
    "revoking a token that is not there",
    "token_not_found",
    () => ["DELETE", `${of}/tokens/tok_0`],
    () => lib.tokens.revoke(tenant, "tok_0"),
  ],
  [
    "an event type of the outbox",
    "invalid_input",
    () => ["POST", `${of}/event-types`, { name: "endpoint.disabled" }],
    () => lib.eventTypes.create(tenant, { name: "endpoint.disabled" }),
  ],
  [
    "a schema that is none",
    "invalid_input",
    () => ["POST", `${of}/event-types`, { name: "b", schema: { type: 7 } }],
    () => lib.eventTypes.create(tenant, { name: "b", schema: { type: 7 } }),
  ],
  [
    "an event type with another content",
    "event_type_exists",
    () => ["POST", `${of}/event-types`, { name: "typed" }],
    () => lib.eventTypes.create(tenant, { name: "typed" }),
  ],
  [
    "an event type that is not there",
    "event_type_not_found",
    () => ["GET", `${of}/event-types/none`],
    () => lib.eventTypes.get(tenant, "none"),
  ],
  [
    "a change of one that is not there",
    "event_type_not_found",
    () => ["PATCH", `${of}/event-types/none`, {}],
    () => lib.eventTypes.update(tenant, "none", {}),
  ],
  [
    "deleting one that is not there",
    "event_type_not_found",
    () => ["DELETE", `${of}/event-types/none`],
    () => lib.eventTypes.delete(tenant, "none"),
  ],
];

const DELIVERIES: Refused[] = [
  [
    "a cursor of another list",
    "invalid_input",
    () => ["GET", `${of}/messages?cursor=e30`],
    () => lib.messages.list(tenant, { cursor: "e30" }),
  ],
  [
    "a filter that there is not",
    "invalid_input",
    () => ["GET", `${of}/messages?type=a`],
    () => lib.messages.list(tenant, { type: "a" } as object),
  ],
  [
    "a state that there is not",
    "invalid_input",
    () => ["GET", `${of}/deliveries?state=lost`],
    () => lib.deliveries.list(tenant, { state: "lost" as never }),
  ],
  [
    "failures of a span that ends before it begins",
    "invalid_input",
    () => ["GET", `${of}/failures/groups?since=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z`],
    () =>
      lib.failures.groups(tenant, { since: "2026-11-24T00:00:00Z", until: new Date("2026-11-23T00:00:00Z") }),
  ],
  [
    "a replay as of no instant",
    "invalid_input",
    () => ["POST", `${of}/dead-letters/replay`, { asOf: "yesterday" }],
    () => lib.deadLetters.replay(tenant, { asOf: "yesterday" }),
  ],
  [
    "a message that is not there",
    "message_not_found",
    () => ["GET", `${of}/messages/${NOWHERE}`],
    () => lib.messages.get(tenant, NOWHERE),
  ],
  [
    "cancelling a message that is not there",
    "message_not_found",
    () => ["POST", `${of}/messages/${NOWHERE}/cancel`],
    () => lib.messages.cancel(tenant, NOWHERE),
  ],
  [
    "a delivery that is not there",
    "delivery_not_found",
    () => ["GET", `${of}/messages/${message}/deliveries/${disabled}`],
    () => lib.deliveries.get(tenant, { messageId: message, endpointId: disabled }),
  ],
  [
    "attempts of a delivery that is not there",
    "delivery_not_found",
    () => ["GET", `${of}/messages/${message}/deliveries/${disabled}/attempts`],
    () => lib.deliveries.attempts(tenant, { messageId: message, endpointId: disabled }),
  ],
  ...(
    [
      ["replay", "delivery_not_settled"],
      ["skip", "delivery_not_blocking"],
      ["dismiss", "delivery_not_dead"],
    ] as const
  ).map(
    ([act, code]): Refused => [
      `to ${act} a delivery that waits`,
      code,
      () => ["POST", `${deliveryPath()}/${act}`],
      () => lib.deliveries[act](tenant, delivery()),
    ],
  ),
  ...(["cancel", "replay", "retry", "skip", "dismiss"] as const).map(
    (act): Refused => [
      `to ${act} a delivery that is not there`,
      "delivery_not_found",
      () => ["POST", `${of}/messages/${message}/deliveries/${disabled}/${act}`],
      () => lib.deliveries[act](tenant, { messageId: message, endpointId: disabled }),
    ],
  ),
];

const half = "\ud83d";
const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
const COMMITS: Refused[] = [
  ...(
    [
      ["no messages", []],
      ["a payload that does not fit its schema", [event("typed", 7)]],
      ["an event of the outbox", [event("endpoint.disabled", 7)]],
      ["half a character for a key", [event("a", 7, { orderingKey: half })]],
      ["a year and more ahead", [event("a", 7, { deliverAt: "2099-01-01T00:00:00Z" })]],
      ["an event to the e-mails", [event("a", 7, { endpointIds: ["ep_email"] })]],
      ["work that nobody does", [work("nobody", {})]],
    ] as const
  ).map(
    ([what, messages]): Refused => [
      `a commit of ${what}`,
      "invalid_input",
      batchOf(...messages),
      commitOf(...(messages as unknown as never[])),
    ],
  ),
  [
    "a commit to an endpoint that is not there",
    "endpoint_not_found",
    batchOf(event("a", 7, { endpointIds: ["ep_no"] })),
    commitOf(event("a", 7, { endpointIds: ["ep_no"] })),
  ],
  [
    "a payload that is too large",
    "payload_too_large",
    batchOf(event("a", "x".repeat(300_000))),
    commitOf(event("a", "x".repeat(300_000))),
  ],
  [
    "a commit to a tenant that was deleted",
    "tenant_deleted",
    () => ["POST", `/v1/tenants/${deleted}/messages`, event("a", 1)],
    () => lib.commit(deleted, { messages: [event("a", 1)] as never }),
  ],
];

describe.each([
  ["endpoints", ENDPOINTS],
  ["tenants, tokens and event types", TENANTS],
  ["messages and deliveries", DELIVERIES],
  ["commits", COMMITS],
])("%s", (_, table) => {
  test.each(table)("%s is refused by both doors, with %s", async (_name, code, http, inCode) => {
    const [method, path, body, headers] = http();
    const response = await exports.default.fetch(`http://app.test/outbox${path}`, {
      method,
      headers: {
        authorization: `Bearer ${env.OPERATOR_TOKEN}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const problem = (await response.json()) as { code: string; errors?: unknown };
    const error = await inCode().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(OutboxError);
    expect([problem.code, (error as OutboxError).code]).toEqual([code, code]);
    const { failure } = error as OutboxError;
    if ("fields" in failure) expect(failure.fields).toEqual(problem.errors);
  });
});

test("a payload that is nested deeper than a body may be is refused in code, too, and leaves nothing behind", async () => {
  const before = (await lib.messages.list(tenant)).data.length;
  for (const depth of [64, 3000]) {
    const commit = lib.commit(tenant, { messages: [event("a", nested(depth))] as never });
    await expect(commit).rejects.toThrow(/^messages\[0\]\.payload: .*nested/);
  }
  expect((await lib.messages.list(tenant)).data.length).toBe(before);
});
