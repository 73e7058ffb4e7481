import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});
afterEach(() => checkInvariants(env.DB, tenant));

test.each([[true], [false]])(
  "of a key that has messages to an endpoint by name and by event type, in one commit (named first: %s)",
  async (namedFirst) => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: ["a"] });
    world.retrySchedule = [60];
    const named = event("b", 1, { orderingKey: "k", endpointIds: [endpoint] });
    const byType = event("a", 2, { orderingKey: "k" });
    let failed = false;
    world.answer = () => {
      if (failed) return ACCEPTED;
      failed = true;
      return refused();
    };
    await world.commit(tenant, { messages: namedFirst ? [named, byType] : [byType, named] });
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => payload)).toEqual(namedFirst ? ["1", "1", "2"] : ["2", "2", "1"]);
  },
);
