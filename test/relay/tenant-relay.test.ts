import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import type { RelayCalls } from "../../src/relay/tenant-relay.ts";
import { statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

type Relay = DurableObjectStub & RelayCalls;

let tenant: string;
let relay: Relay;
const LATER = 3_600_000;

beforeEach(async () => {
  const world = new World(env.DB);
  world.now = Date.now();
  tenant = await world.createTenant();
  // Its queue is nobody's: an e-mail endpoint whose lease the test looks at.
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", 1)] });
  relay = env.RELAY.getByName(tenant) as unknown as Relay;
});

/** Its alarm goes off as an older runtime does it, which has started the object again and does not know its name. */
async function ringNameless(): Promise<void> {
  await evictDurableObject(relay);
  await runInDurableObject(relay, async (instance, { id, storage }) => {
    const nameless = { id: { toString: () => id.toString() }, storage };
    Object.defineProperty(instance, "ctx", { value: nameless });
    await storage.deleteAlarm();
    await (instance as unknown as { alarm(): Promise<void> }).alarm();
  });
  await evictDurableObject(relay);
}

const stored = (stub: Relay) =>
  runInDurableObject(stub, async (_, { storage }) => ({
    entries: Object.fromEntries(await storage.list()),
    alarmAt: await storage.getAlarm(),
  }));

describe("a relay whose alarm goes off after a restart", () => {
  test("knows its tenant, though the runtime does not tell it", async () => {
    await relay.wake(Date.now() + LATER);
    await ringNameless();
    expect(await statesOf(tenant)).not.toEqual(["pending"]);
    expect((await stored(relay)).alarmAt).not.toBeNull();
  });

  test("of an alarm that an earlier version has set throws nothing, and the next wake mends it", async () => {
    await runInDurableObject(relay, (_, { storage }) => storage.setAlarm(Date.now() + LATER));
    await ringNameless();
    expect(await statesOf(tenant)).toEqual(["pending"]);
    await relay.wake(Date.now() + LATER);
    await ringNameless();
    expect(await statesOf(tenant)).not.toEqual(["pending"]);
  });
});

test("a wake writes the tenant's id once, also when an alarm stands that is early enough", async () => {
  const at = Date.now() + LATER;
  await runInDurableObject(relay, (_, { storage }) => storage.setAlarm(at));
  await relay.wake(at + 5);
  expect(await stored(relay)).toEqual({ entries: { tenant }, alarmAt: at });
  let puts = 0;
  await runInDurableObject(relay, async (instance, { storage }) => {
    const put = storage.put.bind(storage);
    storage.put = ((...args: Parameters<typeof put>) => {
      puts++;
      return put(...args);
    }) as typeof put;
    await (instance as unknown as RelayCalls).wake(at - 5);
  });
  expect(puts).toBe(0);
  expect((await stored(relay)).alarmAt).toBe(at - 5);
});
