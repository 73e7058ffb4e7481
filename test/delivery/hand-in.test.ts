import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal } from "../support/faults/life.ts";
import { ACCEPTED, World } from "../support/world.ts";

let world: World;
let tenant: string;
let answers: (() => void)[];

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  answers = [];
});

const commitTo = (endpointId: string, count: number, of = tenant) =>
  world.commit(of, {
    messages: Array.from({ length: count }, (_, n) => event("a", n, { endpointIds: [endpointId] })),
  });

/** The endpoint's receiver answers when a test says so; all others answer at once. */
function hang(endpointId: string): void {
  world.answer = ({ endpoint }) =>
    endpoint.id === endpointId
      ? new Promise((resolve) => {
          answers.push(() => resolve(ACCEPTED));
        })
      : ACCEPTED;
}

const letTimePass = (ms: number) => {
  world.now += ms;
  for (const act of [...world.timers]) act();
};

/** A consumer is handed all that is queued, and its receiver hangs. Answers when it has handed in. */
async function consumeUntilHandedIn() {
  const consumed = world.consume();
  await expect.poll(() => answers.length).toBe(limits.concurrentSends);
  letTimePass(limits.stallMs);
  return consumed;
}

describe("a receiver that does not answer", () => {
  test("holds up its invocation for a tenth of a second: the task is acknowledged, and goes on", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 30);
    await world.onAlarm(tenant);
    expect(await consumeUntilHandedIn()).toEqual(["ack"]);
    expect(world.sent).toHaveLength(limits.concurrentSends);
    expect(world.kept).toHaveLength(1);
    for (const answer of answers.splice(0)) answer();
    await expect.poll(() => answers.length).toBe(limits.concurrentSends);
    expect(world.sent).toHaveLength(2 * limits.concurrentSends);
  });

  test("makes no invocation hand in while another of its tasks is being read: nothing of that was sent", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    const other = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    const sends = limits.concurrentSends - 1;
    await commitTo(endpoint, sends);
    await commitTo(other, 1);
    await world.onAlarm(tenant);
    const read = Promise.withResolvers<void>();
    const { batch } = env.DB;
    const db: Database = {
      prepare: (query) => env.DB.prepare(query),
      batch: async <T>(statements: D1PreparedStatement[]) => {
        const results = await batch.call(env.DB, statements);
        if (results.some(({ results }) => (results[0] as { id?: string } | undefined)?.id === other))
          await read.promise;
        return results as D1Result<T>[];
      },
    };
    const consumed = world.consume({ ...immortal, db: () => db });
    await expect.poll(() => answers.length).toBe(sends);
    letTimePass(limits.stallMs);
    letTimePass(limits.stallMs);
    const first = await Promise.race([consumed, Promise.resolve("not yet")]);
    expect(first).toBe("not yet");
    read.resolve();
    await expect.poll(() => statesOf(tenant)).toContain("delivered");
    letTimePass(limits.stallMs);
    expect(await consumed).toEqual(["ack", "ack"]);
  });

  test("has what did not begin in time back, in its old place and without a claim in vain, and its answers count", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 30);
    const dueAt = world.now;
    await world.onAlarm(tenant);
    await consumeUntilHandedIn();
    letTimePass(limits.invocationBeginsMs);
    await expect
      .poll(async () => {
        for (const act of [...world.timers]) act();
        return (await deliveriesOf(tenant)).filter(({ state }) => state === "pending").length;
      })
      .toBe(30 - limits.concurrentSends);
    const rest = (await deliveriesOf(tenant)).filter(({ state }) => state === "pending");
    expect(rest.map(({ claims, due_at }) => [claims, due_at])).toEqual(rest.map(() => [0, dueAt]));

    for (const answer of answers) answer();
    await Promise.all(world.kept);
    expect((await statesOf(tenant)).filter((state) => state === "delivered")).toHaveLength(
      limits.concurrentSends,
    );
    await checkInvariants(env.DB, tenant);
    world.answer = () => ACCEPTED;
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(30);
    await checkInvariants(env.DB, tenant);
  });

  test("is known to the relay from then on: it gets no more than begins at once", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 100);
    await world.onAlarm(tenant);
    await consumeUntilHandedIn();
    letTimePass(limits.invocationBeginsMs);
    await expect
      .poll(() => {
        for (const act of [...world.timers]) act();
        return world.windows.of(endpoint);
      })
      .toMatchObject({
        pack: limits.concurrentSends,
        isProven: false,
        inFlight: limits.concurrentSends,
        step: 1,
      });
    world.queued.length = 0;
    await world.onAlarm(tenant);
    expect(world.queued).toEqual([]);
    for (const answer of answers) answer();
    await Promise.all(world.kept);
    await world.onAlarm(tenant);
    expect(world.queued.map(({ body }) => body.seqs.length)).toEqual([limits.concurrentSends]);
  });

  test("leaves a slot to a task that comes later in the same invocation", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    const other = await world.createTenant();
    const quick = await world.createEndpoint(other, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 30);
    await commitTo(quick, 3, other);
    await world.onAlarm(tenant);
    await world.onAlarm(other);
    const consumed = world.consume();
    await expect.poll(() => statesOf(other)).toEqual(["delivered", "delivered", "delivered"]);
    await expect.poll(() => answers.length).toBe(limits.concurrentSends);
    letTimePass(limits.stallMs);
    expect(await consumed).toEqual(["ack", "ack"]);
  });

  test("is tried once also when it was suspected: its task is acknowledged, and a suspect behind it comes again", async () => {
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 3, starts = ? WHERE tenant_id = ?")
      .bind(limits.startsUnsuspected, tenant)
      .run();
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(2);
    const consumed = world.consume();
    await expect.poll(() => answers.length).toBe(1);
    letTimePass(limits.stallMs);
    expect(await consumed).toEqual(["ack", "retry"]);
    answers[0]?.();
    await Promise.all(world.kept);
    expect(world.sent).toHaveLength(1);
  });

  test("is waited for where an attempt may last longer than what is left to it afterwards", async () => {
    world.timeoutMs = limits.waitUntilMs;
    const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
    hang(endpoint);
    await commitTo(endpoint, 1);
    await world.onAlarm(tenant);
    const consumed = world.consume();
    await expect.poll(() => answers.length).toBe(1);
    letTimePass(limits.stallMs);
    expect(world.kept).toEqual([]);
    answers[0]?.();
    expect(await consumed).toEqual(["ack"]);
    expect(world.kept).toEqual([]);
  });
});

test("an invocation that makes progress goes on, however slow it is", async () => {
  const endpoint = await world.createEndpoint(tenant, { eventTypes: [] });
  hang(endpoint);
  await commitTo(endpoint, limits.concurrentSends + 1);
  await world.onAlarm(tenant);
  const consumed = world.consume();
  await expect.poll(() => answers.length).toBe(limits.concurrentSends);
  world.now += limits.stallMs - 1;
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(limits.concurrentSends + 1);
  letTimePass(2);
  for (const answer of answers) answer();
  expect(await consumed).toEqual(["ack"]);
  expect(world.kept).toEqual([]);
  expect(await statesOf(tenant)).toEqual(
    Array.from({ length: limits.concurrentSends + 1 }, () => "delivered"),
  );
});
