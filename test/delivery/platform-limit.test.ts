import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { handlerChannel } from "../../src/channels/handler/handler.ts";
import { networkRefusal } from "../../src/channels/network-error.ts";
import { event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { countRows, deliveriesOf, statesOf } from "../support/database/rows.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { ACCEPTED, World } from "../support/world.ts";

const REFUSAL = new Error(
  "Too many subrequests by single Worker invocation. To configure this limit, refer to https://developers.cloudflare.com/workers/wrangler/configuration/#limits",
);
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const health = () =>
  env.DB.prepare(
    "SELECT failing_since, window_failures, held_until FROM outbox_endpoints WHERE tenant_id = ?",
  )
    .bind(tenant)
    .first();

/** The platform lets out so many calls, and no more. */
function letOut(calls: number): () => number {
  let made = 0;
  world.answer = () => (made++ < calls ? ACCEPTED : networkRefusal(REFUSAL, []));
  return () => made;
}

test("a request that the platform does not let out is not held against the endpoint: it is given back untried, and goes out with the next invocation", async () => {
  await world.createEndpoint(tenant);
  const count = 30;
  await world.commit(tenant, { messages: Array.from({ length: count }, (_, n) => event("a", n)) });
  await world.onAlarm(tenant);
  const made = letOut(12);
  expect(await world.consume()).toEqual(["ack"]);
  // Those that were under way at the time have found out too.
  expect(made()).toBeLessThan(12 + 2 * limits.concurrentSends);
  const rows = await deliveriesOf(tenant);
  expect(rows.filter(({ state }) => state === "delivered")).toHaveLength(12);
  const rest = rows.filter(({ state }) => state === "pending");
  expect(rest).toHaveLength(count - 12);
  expect(rest.every(({ attempts, claims, error }) => attempts === 0 && claims === 0 && error === null)).toBe(
    true,
  );
  expect(await countRows("attempts", tenant)).toBe(0);
  expect(await health()).toEqual({ failing_since: null, window_failures: 0, held_until: null });

  letOut(Infinity);
  await world.runUntilIdle(tenant);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
});

test("an invocation that is let out nothing at all hands nothing round: the attempt has failed, by no fault of the endpoint", async () => {
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: Array.from({ length: 20 }, (_, n) => event("a", n)) });
  await world.onAlarm(tenant);
  letOut(0);
  await world.consume();
  const rows = await deliveriesOf(tenant);
  expect(
    rows.every(
      ({ state, attempts, error }) => state === "pending" && attempts === 1 && error === "platform_limit",
    ),
  ).toBe(true);
  expect(await health()).toEqual({ failing_since: null, window_failures: 0, held_until: null });
});

test("a handler that is refused by the platform has failed, as nobody knows what it did before; it is not held against it", async () => {
  world.handlers = { names: new Set(["charge"]), forWork: new Set(["charge"]), subscribedTo: () => [] };
  const run = () => {
    throw new Error("Too many API requests by single worker invocation.");
  };
  const tools = { env, tenantId: tenant, now: world.clock.now, log: world.log, deskOf: ownDesk(world.clock) };
  const channel = handlerChannel(new Map([["charge", run]]), tools);
  world.answer = (dispatch) => channel.deliver(dispatch, never());
  await world.commit(tenant, { messages: Array.from({ length: 12 }, (_, n) => work("charge", n)) });
  await world.onAlarm(tenant);
  await world.consume();
  const rows = await deliveriesOf(tenant);
  expect(rows.every(({ attempts, error }) => attempts === 1 && error === "platform_limit")).toBe(true);
  expect(await health()).toEqual({ failing_since: null, window_failures: 0, held_until: null });
});
