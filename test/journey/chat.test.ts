import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CHATS } from "../../src/domain/states.ts";
import { createHook } from "../support/outside/receiver.ts";
import { eventually } from "../support/runner/eventually.ts";
import { call } from "../support/worker/api.ts";
import { startJourney } from "../support/worker/journey.ts";
import { Visitor } from "../support/worker/visitor.ts";

test.each(CHATS)(
  "%s gets a readable message at an address that no answer and no table shows, not even after a move",
  async (payloadFormat) => {
    const journey = await startJourney();
    const path = `${journey.tenant.path}/endpoints`;
    const first = await createHook({ status: 503, body: "no", instead: "echo" }, { status: 200, body: "ok" });
    const second = await createHook({ status: 200, body: "ok" });
    const secrets = [first, second].map(({ url }) => new URL(url).pathname.slice("/hooks/".length));

    const body = { channel: "webhook", url: first.url, payloadFormat };
    const headers = { "idempotency-key": "chat-1" };
    const made = await call("POST", path, { body, headers });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      url: expect.stringMatching(/^http:\/\/[^/]+\/…[0-9a-f]{6}$/),
      payloadFormat,
    });
    expect(made.body).not.toHaveProperty("secret");
    const { id } = await journey.commit({ eventType: "order.placed", payload: { id: "1001" } });
    const [message] = await journey.until(["delivered"], id);

    const moved = await call("PATCH", `${path}/${made.body.id}`, { body: { url: second.url } });
    expect(moved.body.url).not.toBe(made.body.url);
    const { id: next } = await journey.commit({ eventType: "order.paid", payload: { id: "1001" } });
    const [later] = await journey.until(["delivered"], next);
    for (const hook of [first, second]) {
      const received = await hook.received();
      expect(received.at(-1)?.body.replaceAll("\\", "")).toContain("id: 1001");
    }

    const answers = [
      made.body,
      (await call("POST", path, { body, headers })).body,
      moved.body,
      message,
      later,
      (await call("GET", path)).body,
      (await call("GET", `${path}/${made.body.id}/health`)).body,
      (await call("GET", `${journey.tenant.path}/failures`)).body,
      (await call("GET", `${journey.tenant.path}/audit`)).body,
      (await call("GET", `/v1/search?q=${made.body.id}`)).body,
    ];
    const { results: tables } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
    ).all<{ name: string }>();
    const rows = await Promise.all(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM ${name}`).all()));
    for (const secret of secrets) {
      for (const answer of answers) expect(JSON.stringify(answer)).not.toContain(secret);
      expect(JSON.stringify(rows.map(({ results }) => results))).not.toContain(secret);
    }
    await journey.checkInvariants();
  },
);

test("a reader of the portal does not see the address of a chat, and its test message is readable there", async () => {
  const journey = await startJourney();
  const { url } = await createHook({ status: 404, body: "no_service" });
  const chat = await createHook();
  const [first, second] = await Promise.all(
    [url, chat.url].map((url) => journey.subscribe({ channel: "webhook", url, payloadFormat: "slack" })),
  );
  const { body: fired } = await call("POST", `${journey.tenant.path}/endpoints/${second.id}/test`);
  await journey.until(["delivered"], fired.id);
  const [received] = await chat.received();
  expect(JSON.parse(received?.body ?? "").text).toBe(`Endpoint test\nendpointId: ${second.id}`);
  const { body: refused } = await call("POST", `${journey.tenant.path}/endpoints/${first.id}/test`);
  await journey.until(["dead"], refused.id);

  const links = `${journey.tenant.path}/portal-links`;
  const { body: link } = await call("POST", links, { body: { scopes: ["read"] } });
  const visitor = new Visitor((to, init) => exports.default.fetch(to, init));
  const code = link.url.slice(link.url.indexOf("#") + 1);
  const { token } = (await visitor.send("POST", "/portal/session", { body: { code } })).body;
  const paths = ["endpoints", `endpoints/${first.id}`, `messages/${refused.id}`, "dead-letters", "failures"];
  for (const path of paths) {
    const seen = await call("GET", `${journey.tenant.path}/${path}`, { token });
    expect(seen.status).toBe(200);
    for (const secret of [url, chat.url]) {
      expect(JSON.stringify(seen.body)).not.toContain(new URL(secret).pathname.slice("/hooks/".length));
    }
  }
  const { body: disabled } = await call("GET", `${journey.tenant.path}/endpoints/${first.id}`, { token });
  expect(disabled).toMatchObject({ state: "disabled", url: expect.stringMatching(/…[0-9a-f]{6}$/) });
  await journey.checkInvariants();
});

test("a system event is a readable message, too", async () => {
  const journey = await startJourney();
  const chat = await createHook();
  const eventTypes = ["endpoint.disabled"];
  await journey.subscribe({ channel: "webhook", url: chat.url, payloadFormat: "slack", eventTypes });
  const gone = await createHook({ status: 410 });
  const { id } = await journey.subscribe({ channel: "webhook", url: gone.url, description: "theirs" });
  await journey.commit({ eventType: "order.placed", payload: {} });
  const text = await eventually(async () => {
    const [received] = await chat.received();
    return JSON.parse(received?.body ?? "").text as string;
  });
  expect(text).toMatch(/^Endpoint disabled\n/);
  expect(text).toContain(`endpointId: ${id}`);
  expect(text).toContain("reason: gone");
});
