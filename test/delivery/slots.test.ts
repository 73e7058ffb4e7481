import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Slots } from "../../src/delivery/slots.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const commit = (...messages: ReturnType<typeof event>[]) => world.commit(tenant, { messages });

test("at most five sends are under way at once", async () => {
  await world.createEndpoint(tenant);
  let open = 0;
  let most = 0;
  world.answer = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    await env.DB.prepare("SELECT 1").first();
    open--;
    return { kind: "accepted", httpStatus: 200, excerpt: null };
  };
  await commit(...Array.from({ length: 30 }, (_, n) => event("a", n)));
  await world.onAlarm(tenant);
  await world.consume();
  expect(most).toBe(limits.concurrentSends);
});

test("an outcome is on record within a second, also while another attempt of its task hangs", async () => {
  await world.createEndpoint(tenant);
  let answer: (() => void) | undefined;
  world.answer = ({ payload }) =>
    payload === "1"
      ? new Promise((resolve) => {
          answer = () => resolve({ kind: "accepted", httpStatus: 200, excerpt: null });
        })
      : { kind: "accepted", httpStatus: 200, excerpt: null };
  await commit(event("a", 1), event("a", 2));
  await world.onAlarm(tenant);
  const consuming = world.consume();
  await expect.poll(() => [world.sent.length, world.timers.size]).toEqual([2, 2]);
  for (const act of [...world.timers]) act();
  await expect.poll(() => statesOf(tenant)).toEqual(["leased", "delivered"]);
  answer?.();
  await consuming;
  expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
});

test("many deliveries of one task do not hold up the single one of another", async () => {
  const many = await world.createEndpoint(tenant);
  await commit(...Array.from({ length: 50 }, (_, n) => event("a", n)));
  const single = await world.createEndpoint(tenant);
  await commit(event("a", "single", { endpointIds: [single] }));
  world.answer = async () => {
    await env.DB.prepare("SELECT 1").first();
    return { kind: "accepted", httpStatus: 200, excerpt: null };
  };
  await world.onAlarm(tenant);
  await world.consume(
    undefined,
    world.queued.splice(0).toSorted((a) => (a.body.endpointId === many ? -1 : 1)),
  );
  const position = world.sent.findIndex(({ endpoint }) => endpoint.id === single);
  expect(position).toBeLessThan(3 * limits.concurrentSends);
});

describe("slots", () => {
  const never = () => new Promise<never>(() => {});

  /** Begins work that does not end, and answers the names of what has been let in. */
  async function crowd(slots: Slots, names: string[]): Promise<string[]> {
    const begun: string[] = [];
    for (const name of names) {
      void slots.run(name, () => {
        begun.push(name);
        return never();
      });
    }
    await Promise.resolve();
    return begun;
  }

  test("keep one for each group that was announced, however late its first work comes", async () => {
    const slots = new Slots(5);
    for (const group of ["a", "b"]) slots.expect(group);
    expect(
      await crowd(
        slots,
        Array.from({ length: 9 }, () => "a"),
      ),
    ).toEqual(["a", "a", "a", "a"]);
    expect(await crowd(slots, ["b"])).toEqual(["b"]);
  });

  test("let a group have what was kept for another that has left", async () => {
    const slots = new Slots(2);
    for (const group of ["a", "b"]) slots.expect(group);
    const begun = await crowd(slots, ["a", "a"]);
    expect(begun).toEqual(["a"]);
    slots.leave("b");
    await expect.poll(() => begun).toEqual(["a", "a"]);
  });

  test("are all in use where more groups were announced than there are slots", async () => {
    const slots = new Slots(2);
    for (const group of ["a", "b", "c"]) slots.expect(group);
    expect(await crowd(slots, ["a", "a", "b", "c"])).toEqual(["a", "b"]);
  });

  test("once open, let everybody in", async () => {
    const slots = new Slots(1);
    const begun = await crowd(slots, ["a", "a", "b"]);
    slots.open();
    await expect.poll(() => begun).toEqual(["a", "a", "b"]);
    expect(await crowd(slots, ["c"])).toEqual(["c"]);
  });
});
