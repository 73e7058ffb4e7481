import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { Windows } from "../../src/relay/windows.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let endpointId: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpointId = await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

/** Deliveries are claimed, their tasks are lost, and their leases end. */
async function losing(count: number, orderingKey?: string) {
  const messages = Array.from({ length: count }, (_, n) => event("a", n, { orderingKey }));
  await world.commit(tenant, { messages });
  await world.onAlarm(tenant);
  world.queued.length = 0;
  world.now += world.leaseMs + 1;
}

describe("deliveries whose leases have ended go on as soon as there is room, and not when the next lease ends:", () => {
  test("those beyond the window of their endpoint", async () => {
    const count = 100;
    await losing(count);
    world.windows = new Windows();
    const { now } = world;
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(Array(count).fill("delivered"));
    expect(Math.max(...world.sent.map(({ at }) => at)) - now).toBeLessThan(1000);
  });

  test("the rest of a key, behind a probe that succeeds", async () => {
    await losing(2, "k");
    await env.DB.prepare(
      "UPDATE outbox_endpoints SET failing_since = ?2, failed_at = ?2, held_until = ?2 WHERE id = ?1",
    )
      .bind(endpointId, world.now)
      .run();
    const { now } = world;
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual(["0", "1"]);
    expect(Math.max(...world.sent.map(({ at }) => at)) - now).toBeLessThan(1000);
  });
});
