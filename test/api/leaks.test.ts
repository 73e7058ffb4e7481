import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../../src/index.ts";
import { call, createTenant } from "../support/api.ts";
import { startJourney } from "../support/journey.ts";

/** Everything that is written to the log while a test runs. */
const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  for (const how of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, how).mockImplementation(
      (...args: unknown[]) => void logged.push(args.map(String).join(" ")),
    );
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const CANARY = "canary-7f3a9c51";

function expectSilence(what: unknown, ...secrets: string[]) {
  const text = `${JSON.stringify(what)}\n${logged.join("\n")}`;
  for (const secret of [CANARY, ...secrets]) expect(text).not.toContain(secret);
}

test("a delivery that fails and one that succeeds are logged without payload, secret or header", async () => {
  const journey = await startJourney({ status: 500, body: CANARY }, { status: 200, body: CANARY });
  const endpoint = await journey.subscribe({
    channel: "webhook",
    url: journey.hook.url,
    headers: { "x-open": CANARY },
    secretHeaders: { authorization: `Bearer ${CANARY}` },
    description: CANARY,
  });
  const { id } = await journey.commit({ eventType: "a", payload: { secret: CANARY }, orderingKey: CANARY });
  await journey.until(["delivered"], id);
  await journey.sendEmail({ to: `${CANARY}@example.com`, subject: CANARY, text: CANARY });
  expect(logged.some((line) => line.includes("delivery.attempted"))).toBe(true);
  const ours = logged.filter((line) => line.startsWith('{"event"'));
  expect(ours.length).toBeGreaterThan(0);
  const text = ours.join("\n");
  for (const secret of [CANARY, endpoint.secret, journey.endpoint.secret, env.OPERATOR_TOKEN]) {
    expect(text).not.toContain(secret);
  }
});

test("what a receiver echoes of the endpoint's secrets is not kept", async () => {
  const token = `${CANARY}-token`;
  const journey = await startJourney({ status: 200, body: `you sent Bearer ${token}` });
  const echo = await journey.subscribe({
    channel: "webhook",
    url: journey.hook.url,
    eventTypes: ["echo"],
    secretHeaders: { authorization: `Bearer ${token}` },
  });
  const { id } = await journey.commit({ eventType: "echo", payload: 1, endpointIds: [echo.id] });
  const [message] = await journey.until(["delivered"], id);
  expect(message.deliveries[0].attempts[0].responseExcerpt).toContain("[redacted]");
  expectSilence(message, token);
});

test.each([
  ["a payload that is too large", "messages", { eventType: "a", payload: CANARY.repeat(20_000) }, 413],
  ["an event type that is none", "messages", { eventType: `${CANARY} !`, payload: 1 }, 422],
  ["a payload beside a wrong field", "messages", { eventType: "a", payload: CANARY, deliverAt: CANARY }, 422],
  ["an address that is none", "emails", { to: `${CANARY} at home`, subject: CANARY, text: CANARY }, 422],
  [
    "a URL with a password",
    "endpoints",
    { channel: "webhook", url: `https://u:${CANARY}@example.com/` },
    422,
  ],
  [
    "a header that is not allowed",
    "endpoints",
    { channel: "webhook", url: "https://example.com/", headers: { host: CANARY } },
    422,
  ],
  [
    "a secret header with a line break",
    "endpoints",
    { channel: "webhook", url: "https://example.com/", secretHeaders: { "x-a": `${CANARY}\n` } },
    422,
  ],
  ["a scope that is none", "tokens", { scopes: [CANARY] }, 422],
  ["a schema that is none", "event-types", { name: "a", schema: { type: CANARY } }, 422],
] as const)("the refusal of %s does not repeat what was given", async (_, what, body, status) => {
  const { path } = await createTenant();
  const answer = await call("POST", `${path}/${what}`, { body });
  expect(answer.status).toBe(status);
  expectSilence(answer.body);
});

test("a payload that does not fit its schema is refused by its place, without its value", async () => {
  const { path } = await createTenant();
  const schema = {
    properties: { age: { type: "integer", maximum: 9 }, name: { enum: ["a"] } },
    additionalProperties: false,
  };
  await call("POST", `${path}/event-types`, { body: { name: "a", schema } });
  for (const payload of [{ age: CANARY }, { name: CANARY }, CANARY]) {
    const answer = await call("POST", `${path}/messages`, { body: { eventType: "a", payload } });
    if (typeof payload === "object") expect(answer.status).toBe(422);
    expectSilence(answer.status === 422 ? answer.body : {});
  }
});

test("an error of the database is logged without what was bound to its statement, and not told", async () => {
  const { path } = await createTenant();
  const db = {
    prepare: () => {
      throw new Error("D1_ERROR: something is broken: SQLITE_ERROR");
    },
    batch: () => Promise.reject(new Error("D1_ERROR: something is broken: SQLITE_ERROR")),
  };
  const response = await api.fetch(
    new Request(`http://outbox.test${path}/endpoints?cursor=x`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ channel: "webhook", url: "https://example.com/", description: CANARY }),
    }),
    { ...env, DB: db } as never,
    createExecutionContext(),
  );
  expect(response.status).toBe(500);
  const body = await response.json();
  expect(JSON.stringify(body)).not.toContain("SQLITE_ERROR");
  expect(logged.join("\n")).toContain("something is broken");
  expectSilence(body, env.OPERATOR_TOKEN);
});

test("a query string and ids in a path are in no log: the route is", async () => {
  const { path } = await createTenant();
  await call("GET", `${path}/messages?eventType=${CANARY}`);
  await call("GET", `${path}/messages/${CANARY}`);
  expect(logged.join("\n")).toContain("/v1/tenants/:tenant/messages/:message");
  expectSilence({});
});
