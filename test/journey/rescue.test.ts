import { createScheduledController, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../src/worker.ts";
import { eventually } from "../support/runner/eventually.ts";
import { startJourney } from "../support/worker/journey.ts";
import { World } from "../support/world.ts";

async function runCron() {
  await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
}

/*
 * Setup: a message is committed, and the process dies before it wakes the relay.
 * Timeline: nobody knows of the delivery; a minute later the cron comes by.
 * What this proves: no committed row is ever without somebody who will look at it.
 */
test("a lost wake is made good by the sweep", async () => {
  const journey = await startJourney();
  const world = new World(env.DB);
  world.now = Date.now() - 60_000;
  const { messages } = await world.commit(journey.tenant.id, { messages: [{ eventType: "a", payload: 1 }] });
  const id = messages[0]?.id ?? "";
  expect(await journey.read(id)).toMatchObject({ deliveries: [{ state: "pending" }] });
  await runCron();
  await journey.until(["delivered"], id);
  await journey.checkInvariants();
});

/*
 * Setup: the relay has handed a task to the queue, and the queue lost it.
 * Timeline: the lease (a second and a half here) runs out, the relay's own alarm goes off.
 * What this proves: a lost queue message costs one lease, and no sweep.
 */
test("a lost queue message is made good when the lease ends", async () => {
  const journey = await startJourney();
  const world = new World(env.DB);
  world.now = Date.now() - 10;
  world.leaseMs = 1_500;
  const { messages } = await world.commit(journey.tenant.id, { messages: [{ eventType: "a", payload: 1 }] });
  await world.onAlarm(journey.tenant.id);
  world.queued.length = 0;
  await env.RELAY.getByName(journey.tenant.id).wake(Date.now());
  await journey.until(["delivered"], messages[0]?.id ?? "");
  expect(await journey.hook.received()).toHaveLength(1);
  await journey.checkInvariants();
});

test("once everything is delivered, the relay has no alarm", async () => {
  const journey = await startJourney();
  const { id } = await journey.commit({ eventType: "a", payload: 1 });
  await journey.until(["delivered"], id);
  const relay = env.RELAY.getByName(journey.tenant.id);
  await eventually(async () => {
    // The one that was set for the end of the lease.
    await runDurableObjectAlarm(relay);
    expect(await runInDurableObject(relay, (_, state) => state.storage.getAlarm())).toBeNull();
  });
});

test("a task of an endpoint that a database set back does not have is through: nothing is sent, and it does not come again", async () => {
  const world = new World(env.DB);
  const tenantId = await world.createTenant();
  const body = { v: 1, tenantId, endpointId: "ep_later", leaseToken: "x", seqs: [1] } as const;
  expect(await world.consume(undefined, [{ channel: "webhook", body: { ...body, seqs: [1] } }])).toEqual([
    "ack",
  ]);
  expect(world.sent).toEqual([]);
  expect(world.events.at(-1)).toMatchObject({ event: "delivery.task_done", leased: 0, tried: 0 });
});
