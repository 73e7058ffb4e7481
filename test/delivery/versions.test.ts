import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Run } from "../../src/channels/handler/handler.ts";
import { handlerChannel } from "../../src/channels/handler/handler.ts";
import { email, event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  world.handlers = {
    names: new Set(["charge", "count"]),
    forWork: new Set(["charge"]),
    subscribedTo: (eventType) => (eventType === "order.placed" ? ["count"] : []),
  };
});

afterEach(() => checkInvariants(env.DB, tenant));

/** The consumers run a version that has these. */
function deploy(...names: string[]): void {
  const registered = new Map<string, Run>(names.map((name) => [name, () => undefined]));
  const tools = { env, tenantId: tenant, now: world.clock.now, log: world.log, deskOf: ownDesk(world.clock) };
  const channel = handlerChannel(registered, tools);
  world.answer = (dispatch) => channel.deliver(dispatch, never());
}

const health = () =>
  env.DB.prepare(
    "SELECT max(failing_since) AS failing_since, sum(window_failures) AS failures, max(held_until) AS held_until FROM outbox_endpoints WHERE tenant_id = ?",
  )
    .bind(tenant)
    .first();

/*
 * Setup: a version with a new handler and a new subscriber commits for them; the consumers still run the one before.
 * Timeline: many of their deliveries are tried by it; then the new version is everywhere.
 * What this proves: a deployment that is half through costs a wait, and no dead letter; nor does it open a breaker.
 */
test("work committed by a newer version waits for a consumer that has its handler", async () => {
  deploy();
  const count = 2 * limits.breakerAttempts;
  await world.commit(tenant, {
    messages: [
      ...Array.from({ length: count }, (_, n) => work("charge", n)),
      ...Array.from({ length: count }, (_, n) => event("order.placed", n)),
    ],
  });
  for (let minutes = 0; minutes < 10; minutes++) {
    await world.onAlarm(tenant);
    await world.consume();
    world.now += 60_000;
  }
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["pending"]));
  expect((await deliveriesOf(tenant)).every(({ error }) => error === "handler_unknown")).toBe(true);
  expect(await health()).toEqual({ failing_since: null, failures: 0, held_until: null });

  deploy("charge", "count");
  await world.runUntilIdle(tenant);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
});

test("an e-mail with a field that only a newer version knows waits for a consumer of that", async () => {
  const channel = emailChannel({ send: async () => ACCEPTED }, "us@example.com", ownDesk());
  world.answer = (dispatch) => channel.deliver(dispatch, never());
  const message = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
  const messages = Array.from({ length: 2 * limits.breakerAttempts }, () => message);
  await world.commit(tenant, { messages });
  await env.DB.prepare(
    "UPDATE outbox_messages SET payload = json_set(payload, '$.fromTheFuture', 'yes') WHERE tenant_id = ?",
  )
    .bind(tenant)
    .run();
  await world.onAlarm(tenant);
  await world.consume();
  const rows = await deliveriesOf(tenant);
  expect(rows.every(({ state, error }) => state === "pending" && error === "payload_unknown")).toBe(true);
  expect(await health()).toEqual({ failing_since: null, failures: 0, held_until: null });

  world.answer = () => ACCEPTED;
  await world.runUntilIdle(tenant);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
});

test("a handler that never comes is a dead letter when the schedule is through, and its endpoint is not disabled for it", async () => {
  deploy("count");
  world.disableAfterMs = 1;
  await world.commit(tenant, { messages: [work("charge", 1)] });
  await world.runUntilIdle(tenant);
  expect(await deliveriesOf(tenant)).toMatchObject([
    {
      state: "dead",
      reason: "exhausted",
      error: "handler_unknown",
      attempts: world.retrySchedule.length + 1,
    },
  ]);
  const states = await env.DB.prepare("SELECT state FROM outbox_endpoints WHERE tenant_id = ?")
    .bind(tenant)
    .all();
  expect(new Set(states.results.map(({ state }) => state))).toEqual(new Set(["enabled"]));
});
