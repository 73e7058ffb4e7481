import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { event } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { immortal, type Life } from "../support/faults/life.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

/** A process whose batch of this number is never answered, whether D1 carries it out or not. */
function unanswered(number: number, happens: boolean): Life & { hangs: () => boolean } {
  let batches = 0;
  const db = (inner: Database): Database => ({
    prepare: (query) => inner.prepare(query),
    batch: async (statements) => {
      if (batches++ !== number) return inner.batch(statements);
      if (happens) await inner.batch(statements);
      return new Promise(() => {});
    },
  });
  return { ...immortal, db, hangs: () => batches > number };
}

/*
 * Setup: a task of two messages; the consumer's first call to D1 reads it, its second writes the outcomes.
 * Timeline: one of the calls is never answered, and so long passes that whoever waits for it gives up.
 * What this proves: a D1 that hangs costs a wait; the invocation ends, and nothing goes out twice.
 */
test.each([
  ["reads its task", 0, true],
  ["writes the outcomes, which are written", 1, true],
  ["writes the outcomes, which are not", 1, false],
])("a D1 that never answers a consumer as it %s is asked again", async (_, number, happens) => {
  await world.commit(tenant, { messages: [event("a", 1), event("a", 2)] });
  await world.onAlarm(tenant);
  const life = unanswered(number, happens);
  const consumed = world.consume(life);
  await expect.poll(life.hangs).toBe(true);
  for (const act of [...world.timers]) act();
  expect(await consumed).toEqual(["ack"]);
  expect(world.sent).toHaveLength(2);
  expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
});
