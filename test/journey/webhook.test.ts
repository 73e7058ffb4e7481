import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { eventually } from "../support/runner/eventually.ts";
import { call } from "../support/worker/api.ts";
import { startJourney } from "../support/worker/journey.ts";
import { consumeQueued } from "../support/worker/outbox.ts";
import { World } from "../support/world.ts";

test("a committed message arrives as a signed webhook, and its trace tells how", async () => {
  const journey = await startJourney({ status: 200, body: "thank you" });
  const { id } = await journey.commit({ eventType: "order.placed", payload: { order: 7 } });
  const [message] = await journey.until(["delivered"], id);

  const [request] = await journey.hook.received();
  expect(new Webhook(journey.endpoint.secret).verify(request?.body ?? "", request?.headers ?? {})).toEqual({
    type: "order.placed",
    timestamp: message.committedAt,
    data: { order: 7 },
  });
  expect(request?.headers["webhook-id"]).toBe(id);
  const instant = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(message).toMatchObject({
    committedAt: instant,
    deliveries: [
      {
        endpointId: journey.endpoint.id,
        channel: "webhook",
        state: "delivered",
        claimedAt: instant,
        settledAt: instant,
        dueAt: null,
        attempts: [
          {
            number: 1,
            outcome: "delivered",
            httpStatus: 200,
            // A busy machine may take longer than the body of an acceptance is waited for.
            responseExcerpt: expect.toBeOneOf(["thank you", "", null]),
            startedAt: instant,
          },
        ],
      },
    ],
  });
  await journey.checkInvariants();
});

test("an endpoint that fails and recovers gets it later, the same bytes with the same id", async () => {
  const journey = await startJourney({ status: 500 }, { status: 503 }, { status: 200 });
  const { id } = await journey.commit({ eventType: "order.placed", payload: { order: 7 } });
  const [message] = await journey.until(["delivered"], id);

  expect(message.deliveries[0].attempts.map((attempt: { httpStatus: number }) => attempt.httpStatus)).toEqual(
    [500, 503, 200],
  );
  const requests = await journey.hook.received();
  expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id, id]);
  await journey.checkInvariants();
});

test("a change of its format is seen by the next attempt, a test and a replay; the id and the time stay", async () => {
  const journey = await startJourney({ status: 500 }, { status: 200 });
  const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}`;
  await call("PATCH", path, { body: { payloadFormat: "raw", retrySchedule: [3600] } });
  const { id } = await journey.commit({ eventType: "order.placed", payload: { order: 7 } });
  await eventually(async () => {
    const { deliveries } = await journey.read(id);
    if (deliveries[0].attempts.length === 0) throw new Error("still no attempt");
  });
  await call("PATCH", path, { body: { payloadFormat: null } });
  expect((await call("POST", `${path}/retry`, { body: {} })).body).toMatchObject({ retried: 1 });
  const [message] = await journey.until(["delivered"], id);
  await call("PATCH", path, { body: { payloadFormat: "raw" } });
  await call("POST", `${journey.tenant.path}/messages/${id}/deliveries/${journey.endpoint.id}/replay`);
  await journey.until(["delivered"], id);

  const requests = await journey.hook.received();
  const timestamp = message.committedAt;
  const enveloped = JSON.stringify({ type: "order.placed", timestamp, data: { order: 7 } });
  expect(requests.map(({ body }) => body)).toEqual(['{"order":7}', enveloped, '{"order":7}']);
  expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([id, id, id]);

  const tried = await call("POST", `${path}/test`);
  await journey.until(["delivered"], tried.body.id);
  expect((await journey.hook.received()).at(-1)?.body).toBe(`{"endpointId":"${journey.endpoint.id}"}`);
  await journey.checkInvariants();
});

test("an endpoint that never recovers: a dead letter, with the reason and all its attempts", async () => {
  const journey = await startJourney({ status: 500, body: "out of order" });
  const { id } = await journey.commit({ eventType: "order.placed", payload: 1 });
  const [message] = await journey.until(["dead"], id);
  expect(message.deliveries[0]).toMatchObject({ state: "dead", reason: "exhausted", dueAt: null });
  expect(message.deliveries[0].attempts).toHaveLength(4);
  expect(message.deliveries[0].attempts[3]).toMatchObject({
    number: 4,
    outcome: "dead",
    responseExcerpt: "out of order",
  });
  await journey.checkInvariants();
});

test("an endpoint that hangs is timed out and tried again", async () => {
  const journey = await startJourney({ instead: "hang" });
  const world = new World(env.DB);
  world.now = Date.now();
  world.leaseMs = 3600_000;
  const { messages } = await world.commit(journey.tenant.id, { messages: [event("order.placed", 1)] });
  await world.onAlarm(journey.tenant.id);
  // Only this invocation has little time.
  await consumeQueued(world, { ...env, WEBHOOK_TIMEOUT_SECONDS: "1" });
  await journey.hook.program({ status: 200 });
  await env.RELAY.getByName(journey.tenant.id).wake(Date.now());
  const [message] = await journey.until(["delivered"], messages[0]?.id ?? "");
  const [first, second] = message.deliveries[0].attempts;
  expect(first).toMatchObject({ outcome: "retry", error: "timeout", httpStatus: null });
  expect(second).toMatchObject({ outcome: "delivered", httpStatus: 200 });
  await journey.checkInvariants();
});

test("410 disables the endpoint; a message that comes later does not concern it; enabled, it does again", async () => {
  const journey = await startJourney({ status: 410 }, { status: 200 });
  const first = await journey.commit({ eventType: "order.placed", payload: 1 });
  await journey.until(["dead"], first.id);
  const path = `${journey.tenant.path}/endpoints/${journey.endpoint.id}`;
  expect((await call("GET", path)).body).toMatchObject({ state: "disabled", stateReason: "gone" });
  expect((await journey.commit({ eventType: "order.placed", payload: 2 })).deliveries).toBe(0);
  await call("POST", `${path}/enable`);
  const third = await journey.commit({ eventType: "order.placed", payload: 3 });
  await journey.until(["delivered"], third.id);
  await journey.checkInvariants();
});

test("a repeated request is delivered once", async () => {
  const journey = await startJourney();
  const body = { eventType: "order.placed", payload: { order: 7 } };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => journey.commit(body, { "idempotency-key": "order-7" })),
  );
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  await journey.until(["delivered"], answers[0].id);
  expect(await journey.hook.received()).toHaveLength(1);
  await journey.checkInvariants();
});

test("a scheduled message goes out at its time, and not before", async () => {
  const journey = await startJourney();
  const scheduleIn = async (ms: number) => {
    const deliverAt = new Date(Date.now() + ms).toISOString();
    const { id } = await journey.commit({ eventType: "order.placed", payload: 1, deliverAt });
    return { id, deliverAt };
  };
  const soon = await scheduleIn(500);
  const tomorrow = await scheduleIn(24 * 3600_000);
  await journey.until(["delivered"], soon.id);
  expect(await journey.read(tomorrow.id)).toMatchObject({
    deliveries: [{ state: "pending", dueAt: tomorrow.deliverAt }],
  });
  const requests = await journey.hook.received();
  expect(requests.map(({ headers }) => headers["webhook-id"])).toEqual([soon.id]);
  expect(requests[0]?.at).toBeGreaterThanOrEqual(Date.parse(soon.deliverAt));
  await journey.checkInvariants();
});

test("two tenants at once: each gets its own, a failing one does not slow the other", async () => {
  const [failing, healthy] = await Promise.all([
    startJourney({ status: 500 }, { status: 500 }, { status: 200 }),
    startJourney(),
  ]);
  const send = (journey: typeof failing) =>
    Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        journey.commit({ eventType: "a", payload: `${journey.tenant.id} ${n}` }),
      ),
    );
  const [first, second] = await Promise.all([send(failing), send(healthy)]);
  await healthy.until(["delivered"], ...second.map(({ id }) => id));
  await failing.until(["delivered"], ...first.map(({ id }) => id));
  for (const journey of [failing, healthy]) {
    const received = await journey.hook.received();
    expect(received.every(({ body }) => body.includes(journey.tenant.id))).toBe(true);
    expect(new Set(received.map(({ body }) => body)).size).toBe(10);
    await journey.checkInvariants();
  }
});

test("an ordering key keeps its order over a failing head, and lets other keys pass", async () => {
  const journey = await startJourney({ status: 500 }, { status: 500 }, { status: 200 });
  const keyed = (n: number) => journey.commit({ eventType: "a", payload: n, orderingKey: "customer-1" });
  const ids: string[] = [];
  for (let n = 1; n <= 5; n++) ids.push((await keyed(n)).id);
  await journey.until(["delivered"], ...ids);
  const accepted = (await journey.hook.received()).slice(2).map(({ body }) => JSON.parse(body).data);
  expect([...new Set(accepted)]).toEqual([1, 2, 3, 4, 5]);
  await journey.checkInvariants();
});
