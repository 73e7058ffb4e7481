import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { newSecret } from "../../src/channels/webhook/sign.ts";
import { event } from "../../src/outbox/message.ts";
import { systemRandom } from "../../src/platform/clock.ts";
import { endpointInput } from "../../src/registry/endpoint-input.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createHook } from "../support/outside/receiver.ts";
import { refused } from "../support/outside/replies.ts";
import { never } from "../support/outside/signals.ts";
import { webhooksWith } from "../support/outside/webhooks.ts";
import { World } from "../support/world.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
const tracestate = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

test("a message keeps the trace of its request, and each attempt continues it under a parent of its own", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant, { retrySchedule: [1] });
  await world.createEndpoint(tenant, {
    eventTypes: ["message.attempt.recovered", "message.attempt.failing"],
  });
  let failures = 1;
  world.answer = () => (failures-- > 0 ? refused() : { kind: "accepted", httpStatus: 200, excerpt: null });
  const { messages } = await world.commit(tenant, {
    messages: [event("a", 1), event("b", 2)],
    traceparent,
    tracestate: "congo=t61rcWkgMzE , ,rojo=00f067aa0ba902b7",
    idempotencyKey: "once",
  });
  await world.runUntilIdle(tenant);

  const sent = world.sent.map((dispatch) => dispatch.traceparent ?? "");
  expect(sent.length).toBeGreaterThan(3);
  expect(sent.every((one) => one.startsWith(`00-${TRACE}-`) && one.endsWith("-01"))).toBe(true);
  expect(new Set(world.sent.map((dispatch) => dispatch.tracestate))).toEqual(new Set([tracestate]));
  expect(new Set([...sent, traceparent]).size).toBe(sent.length + 1);
  expect(world.sent.some(({ eventType }) => eventType.startsWith("message.attempt."))).toBe(true);
  for (const { id } of messages)
    expect(await readMessage(env.DB, tenant, id)).toMatchObject({ traceparent, tracestate });
  const traced = world.events.filter(({ event }) => /^(message.committed|delivery.attempted)$/.test(event));
  expect(traced.length).toBe(1 + sent.length);
  expect(traced.every(({ traceId }) => traceId === TRACE)).toBe(true);

  // It is not part of what makes a repetition the same.
  const again = await world.commit(tenant, {
    messages: [event("a", 1), event("b", 2)],
    idempotencyKey: "once",
  });
  expect(again.duplicate).toBe(true);
});

test("without one, or with one that is none, nothing is made up", async () => {
  const world = new World(env.DB);
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1)] });
  const { messages } = await world.commit(tenant, {
    messages: [event("a", 1)],
    traceparent: `${traceparent}x`,
  });
  await world.runUntilIdle(tenant);
  expect(world.sent.map((dispatch) => dispatch.traceparent)).toEqual([null, null]);
  expect(await readMessage(env.DB, tenant, messages[0]?.id ?? "")).toMatchObject({ traceparent: null });
});

test("it is a header of the webhook's request, which no header of the endpoint's can take the place of", async () => {
  const hook = await createHook();
  const channel = webhooksWith({});
  const secrets = [newSecret(systemRandom)];
  const endpoint = {
    id: "ep_1",
    target: hook.url,
    headers: null,
    secretHeaders: null,
    payloadFormat: "standard" as const,
    secrets,
  };
  const dispatch = dispatchWith({ endpoint });
  await channel.deliver({ ...dispatch, traceparent }, never());
  await channel.deliver({ ...dispatch, traceparent: null }, never());
  const received = await hook.received();
  expect(received.map(({ headers }) => headers["traceparent"])).toEqual([traceparent, undefined]);

  const input = { channel: "webhook", url: "https://example.com/", headers: { TraceParent: "x" } };
  expect(endpointInput.safeParse(input).success).toBe(false);
});
