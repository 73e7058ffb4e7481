import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { ApiTools } from "../../src/api/context.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import { bindingProvider } from "../../src/channels/email/providers/binding.ts";
import { resendProvider } from "../../src/channels/email/providers/resend.ts";
import type { Database } from "../../src/db/database.ts";
import { email } from "../../src/outbox/message.ts";
import { defaultLog } from "../../src/platform/log-lines.ts";
import { makeEstate } from "../fuzz/estate.ts";
import { failingDb } from "../support/faults/failing-db.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { createHook } from "../support/outside/receiver.ts";
import { never } from "../support/outside/signals.ts";
import { eventually } from "../support/runner/eventually.ts";
import { NO_VAULT } from "../support/secrets/vaults.ts";
import { call, createTenant } from "../support/worker/api.ts";
import { CANARY, HEARD, listen } from "../support/worker/canary.ts";
import { fill, guarded } from "../support/worker/guarded.ts";
import { startJourney } from "../support/worker/journey.ts";
import { api as deployed } from "../support/worker/outbox.ts";
import { apiWith } from "../support/worker/own-api.ts";
import { World } from "../support/world.ts";

const { logged, expectSilence } = listen();

describe("a database that fails", () => {
  const bodies: Record<string, object> = {
    "/v1/tenants": { id: `t-${crypto.randomUUID()}`, name: CANARY },
    "/v1/tenants/{tenant}": { name: CANARY },
    "/v1/tenants/{tenant}/tokens": { scopes: ["read"], description: CANARY },
    "/v1/tenants/{tenant}/event-types": { name: "a", description: CANARY, schema: { title: CANARY } },
    "/v1/tenants/{tenant}/endpoints": {
      channel: "webhook",
      url: "https://hooks.invalid/?key=c4n4ry",
      description: CANARY,
      headers: { "x-team": CANARY },
      secretHeaders: { authorization: CANARY },
    },
    "/v1/tenants/{tenant}/messages": { eventType: "a", payload: CANARY, orderingKey: CANARY },
    "/v1/tenants/{tenant}/emails": { to: "c4n4ry@example.com", subject: CANARY, text: CANARY },
  };

  /** Asks for every operation, of a database that fails after so many calls. Answers the refusals. */
  async function refusalsOf(
    failing: () => Database,
    ids: Record<string, string>,
    tools: Partial<ApiTools> = {},
  ): Promise<string[]> {
    const refusals: string[] = [];
    const key = crypto.randomUUID();
    for (const [n, { method, path, body = {} }] of guarded.entries()) {
      const send = apiWith({ ...tools, db: failing(), log: defaultLog });
      const hasBody = method !== "GET" && method !== "DELETE";
      const response = await send(fill(path, ids), {
        method,
        headers: {
          authorization: `Bearer ${env.OPERATOR_TOKEN}`,
          ...(hasBody && { "content-type": "application/json", "idempotency-key": `${n} ${key}` }),
        },
        ...(hasBody && { body: JSON.stringify(bodies[path] ?? body) }),
      });
      if (!response.ok) refusals.push(await response.text());
    }
    return refusals;
  }

  test.each([
    ["D1_ERROR: Network connection lost.", "storage_unavailable"],
    ["D1_ERROR: D1 DB is overloaded. Requests queued for too long.", "storage_unavailable"],
    ["D1_ERROR: internal error; reference = 4h4e5n86oh8b23q219a15foi", "storage_unavailable"],
    ["D1_ERROR: Exceeded maximum DB size.", "storage_"],
    ["D1_ERROR: no such column: x at offset 7: SQLITE_ERROR", "internal_error"],
  ])("is told by its own words, without what it was asked: %s", async (message, code) => {
    const { ids, tokens } = await makeEstate();
    for (const after of [0, 1, 2, 3]) {
      const failing = () => failingDb(env.DB, { after, message });
      const refusals = [
        ...(await refusalsOf(failing, ids)),
        ...(await refusalsOf(failing, ids, { vault: NO_VAULT })),
      ];
      expect(refusals.join("\n")).not.toMatch(HEARD);
      if (after > 0) continue;
      expect(refusals.filter((text) => text.includes(code)).length).toBeGreaterThan(60);
      // What was asked for: ids may be told to who names them, and not be logged.
      await refusalsOf(failing, { ...ids, tenant: "c4n4ry", endpoint: "c4n4ry", token: "c4n4ry" });
    }
    expect(logged()).toContain(message);
    expectSilence(...Object.values(tokens));
  });
});

test("a payload that was damaged in the database is not quoted by whoever cannot read it", async () => {
  const { id, path } = await createTenant();
  const { body } = await call("POST", `${path}/messages`, { body: { eventType: "a", payload: 1 } });
  await env.DB.prepare("UPDATE outbox_messages SET payload = ? WHERE tenant_id = ?").bind(CANARY, id).run();
  const answer = await call("GET", `${path}/messages/${body.id}`);
  expect(answer).toMatchObject({ status: 500, body: { code: "internal_error" } });
  expect(JSON.stringify(answer.body)).not.toMatch(HEARD);
  expect(logged()).toContain("SyntaxError");
  expectSilence();
});

test("the log has the pattern of a path, and neither the path nor its query", async () => {
  const { path } = await createTenant();
  for (const url of [
    "/v1/tenants/c4n4ry",
    "/v1/tenants/c4n4ry%20timed%20out",
    `${path}/messages/c4n4ry%20Network%20connection%20lost`,
    "/v1/tenants/c4n4ry/messages/c4n4ry?c4n4ry=c4n4ry",
    `${path}/messages/c4n4ry/deliveries/c4n4ry/attempts?cursor=c4n4ry`,
    `${path}/event-types/c4n4ry`,
    "/v1/c4n4ry?c4n4ry",
    "/c4n4ry/c4n4ry",
    "/health?c4n4ry",
    "/openapi.json?c4n4ry",
  ]) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) await call(method, url);
  }
  expectSilence();
  expect(logged()).toContain('"route":"/v1/tenants/:tenant/messages/:message/deliveries/:endpoint/attempts"');
});

test("secrets are in the answers that make them, and in nothing that is logged", async () => {
  const { path } = await createTenant();
  const headers = { "idempotency-key": "k" };
  const make = () =>
    call("POST", `${path}/endpoints`, {
      body: {
        channel: "webhook",
        url: "https://hooks.invalid/?key=c4n4ry",
        description: CANARY,
        headers: { "x-open": CANARY },
        secretHeaders: { authorization: CANARY },
      },
      headers,
    });
  const { id, secret } = (await make()).body;
  expect((await make()).body).not.toHaveProperty("secret");
  const rotated = (await call("POST", `${path}/endpoints/${id}/secret/rotate`)).body.secret;
  const { token } = (await call("POST", `${path}/tokens`, { body: { scopes: ["read"] } })).body;
  const shown = JSON.stringify((await call("GET", `${path}/endpoints/${id}`, { token })).body);
  const conflict = await call("POST", `${path}/endpoints/${id}/pause`, { headers });
  expect(conflict.status).toBe(409);
  for (const one of [secret, rotated, token]) {
    expect(shown + JSON.stringify(conflict.body)).not.toContain(one.slice(6));
  }
  expectSilence(secret.slice(6), rotated.slice(6), token, token.split(".")[2]);
});

test.each([
  ["OPERATOR_TOKEN", "c4n4ry"],
  ["SECRET_KEYS", "c4n4ry"],
  ["SECRET_KEYS", `c4n4ry:${btoa("c4n4ry")}`],
  ["RESEND_API_KEY", "c4n4ry\n"],
])("a bad setting is told without its value: %s %j", async (name, value) => {
  const settings = { ...env, EMAIL_PROVIDER: "resend", [name]: value };
  const request = new Request("http://outbox.test/v1/tenants", {
    headers: { authorization: "Bearer c4n4ry" },
  });
  const response = await deployed.fetch(request, settings, createExecutionContext());
  expect(await response.text()).not.toMatch(HEARD);
  expect(logged()).not.toMatch(HEARD);
});

describe("deliveries in answers and logs", () => {
  test.each([
    ["echoes", { instead: "echo", status: 500, body: CANARY }],
    ["drops the connection", { instead: "drop" }],
    ["is gone", { status: 410, body: CANARY, headers: { "x-said": CANARY } }],
  ] as const)("to a receiver that %s holds nothing of what went or came", async (_, answer) => {
    const journey = await startJourney(answer);
    await journey.hook.program(answer);
    const endpoint = await journey.subscribe({
      channel: "webhook",
      url: `${journey.hook.url}?key=c4n4ry`,
      headers: { "x-open": CANARY },
      secretHeaders: { authorization: "Bearer c4n4ry-of-theirs" },
      retrySchedule: [1],
    });
    const message = { eventType: "a", payload: CANARY, orderingKey: CANARY, endpointIds: [endpoint.id] };
    const { id } = await journey.commit(message);
    await journey.until(["dead"], id);
    await eventually(() => expect(logged()).toContain('"event":"delivery.task_done"'));
    expect(logged()).toContain('"event":"delivery.attempted"');
    expectSilence(endpoint.secret.slice(6), journey.endpoint.secret.slice(6));
  });

  test("through a mail provider that fails holds neither recipients nor contents nor its key", async () => {
    const { url } = await createHook({ status: 422, instead: "echo", body: CANARY });
    const refusing = () => Promise.reject(Object.assign(new Error(CANARY), { code: "E_DELIVERY_FAILED" }));
    const resend = {
      fetch: globalThis.fetch.bind(globalThis),
      now: Date.now,
      apiKey: "c4n4ry-key",
      baseUrl: url,
    };
    for (const provider of [bindingProvider({ send: refusing }), resendProvider(resend)]) {
      const world = new World(env.DB);
      world.answer = (dispatch) =>
        emailChannel(provider, "c4n4ry@example.com", ownDesk()).deliver(dispatch, never());
      const tenant = await world.createTenant();
      const content = { to: "c4n4ry@example.com", subject: CANARY, text: CANARY };
      await world.commit(tenant, { messages: [email(content)] });
      await world.runUntilIdle(tenant);
      expect(world.events.map(({ event }) => event)).toContain("delivery.attempted");
      expect(JSON.stringify(world.events)).not.toMatch(HEARD);
    }
  });
});
