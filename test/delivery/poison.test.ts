import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { immortal, MortalLife } from "../support/faults/life.ts";
import { ACCEPTED, type QueuedTask, World } from "../support/world.ts";

const NEVER = new Promise<never>(() => {});
const POISON = '"poison"';
/** `max_retries` and `retry_delay` in wrangler.toml. */
const QUEUE_RETRIES = 3;
const RETRY_DELAY_MS = 5_000;
/** Whoever tries it dies of it: in its pack once or twice, among a few, and alone. */
const DEATHS = 1 + limits.startsUnsuspected + limits.poisonStarts;
let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  await world.createEndpoint(tenant);
});

afterEach(() => checkInvariants(env.DB, tenant));

const commit = (...payloads: unknown[]) =>
  world.commit(tenant, { messages: payloads.map((payload) => event("a", payload)) });
const poisonRow = async () => {
  const rows = await deliveriesOf(tenant);
  return rows.find(({ seq }) => seq === 2);
};
const startsOf = async () => {
  const { results } = await env.DB.prepare(
    "SELECT starts FROM outbox_deliveries WHERE tenant_id = ? ORDER BY seq",
  )
    .bind(tenant)
    .all<{ starts: number }>();
  return results.map(({ starts }) => starts);
};

/** A consumer that dies of poison, and never answers for what it was handed. */
async function consumeMortally(tasks: QueuedTask[]): Promise<boolean> {
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  world.answer = ({ payload }) => {
    if (payload !== POISON) return ACCEPTED;
    life.kill();
    return NEVER;
  };
  await Promise.race([world.consume(life, tasks), life.death]);
  return life.isDead;
}

/**
 * Relay and consumers, until nothing is left: whoever tries the poison dies, with all it had in hand. The queue hands out again
 * what was not answered, three times; or it has forgotten it.
 */
async function runWithDeaths(queue: "remembers" | "forgets", turns = 60): Promise<number> {
  let deaths = 0;
  for (let turn = 0; turn < turns; turn++) {
    const at = world.alarms.get(tenant);
    if (at === undefined && world.queued.length === 0) return deaths;
    if (at !== undefined) {
      world.now = Math.max(world.now, at);
      await world.onAlarm(tenant);
    }
    // As the queue hands them out: so many tasks to a consumer.
    while (world.queued.length > 0) {
      const tasks = world.queued.splice(0, limits.tasksPerInvocation);
      if (!(await consumeMortally(tasks))) continue;
      deaths++;
      if (queue === "forgets") continue;
      world.now += RETRY_DELAY_MS;
      const again = tasks.map((task) => ({ ...task, attempts: (task.attempts ?? 1) + 1 }));
      world.queued.push(...again.filter(({ attempts }) => attempts <= 1 + QUEUE_RETRIES));
    }
  }
  throw new Error("still busy");
}

describe.each(["remembers", "forgets"] as const)(
  "a delivery that kills its consumer, while the queue %s its tasks",
  (queue) => {
    test("is isolated, then dead with that reason; what shared its task is delivered", async () => {
      await commit(1, "poison", ...Array.from({ length: limits.messagesPerCommit - 2 }, (_, n) => n));
      const deaths = await runWithDeaths(queue);
      expect(await poisonRow()).toMatchObject({ state: "dead", reason: "poison", attempts: 0 });
      const others = (await deliveriesOf(tenant)).filter(({ seq }) => seq !== 2);
      expect(new Set(others.map(({ state }) => state))).toEqual(new Set(["delivered"]));
      expect(deaths).toBe(DEATHS);
      expect(world.events).toContainEqual(
        expect.objectContaining({ event: "delivery.poisoned", sequence: 2 }),
      );
    });

    test("has tasks of its own soon: few others are ever sent alone because of it", async () => {
      await commit(1, "poison", ...Array.from({ length: limits.messagesPerCommit - 2 }, (_, n) => n));
      await runWithDeaths(queue);
      const alone = world.queuedEver.filter(({ body }) => (body.starts ?? 0) >= limits.startsUnsuspected);
      const innocent = new Set(alone.flatMap(({ body }) => body.seqs).filter((seq) => seq !== 2));
      expect(innocent.size).toBeLessThan(limits.tasksPerInvocation * limits.watchedDeliveries);
    });

    test("leaves no doubt which it was: a suspect that is handed out with it is tried before or after, not beside it", async () => {
      await commit(1, "poison", 3, 4);
      await env.DB.prepare("UPDATE outbox_deliveries SET claims = 3, starts = ? WHERE tenant_id = ?")
        .bind(limits.startsUnsuspected, tenant)
        .run();
      await runWithDeaths(queue);
      expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered", "delivered"]);
    });

    test("does not stop its key: the next one goes out after it", async () => {
      await world.commit(tenant, {
        messages: [1, "poison", 3].map((payload) => event("a", payload, { orderingKey: "k" })),
      });
      expect(await runWithDeaths(queue)).toBeLessThanOrEqual(DEATHS + 1);
      expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
      expect(world.sent.at(-1)?.payload).toBe("3");
    });

    test("has its time: the deaths are not over before its lease has grown several times", async () => {
      const from = world.now;
      await commit(1, "poison");
      await runWithDeaths(queue);
      expect(world.now - from).toBeGreaterThan(15 * world.leaseMs);
    });
  },
);

describe("a delivery whose consumer died of something else", () => {
  test("goes out with the same task again, in one piece, and is beyond suspicion then", async () => {
    await commit(...Array.from({ length: limits.packDeliveries }, (_, n) => n));
    await world.onAlarm(tenant);
    const [task] = world.queued.splice(0) as [QueuedTask];
    const killed = new MortalLife(2, "before");
    await Promise.race([world.consume(killed, [task]), killed.death]);
    world.now += RETRY_DELAY_MS;
    expect(await world.consume(immortal, [{ ...task, attempts: 2 }])).toEqual(["ack"]);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(new Set(await startsOf())).toEqual(new Set([0]));
  });

  test("and of something else again: it is not tried again under the same lease, and goes out in small tasks with the next", async () => {
    await commit(...Array.from({ length: limits.packDeliveries }, (_, n) => n));
    await world.onAlarm(tenant);
    const [task] = world.queued.splice(0) as [QueuedTask];
    for (const attempts of [1, 2]) {
      const killed = new MortalLife(2, "before");
      await Promise.race([world.consume(killed, [{ ...task, attempts }]), killed.death]);
    }
    expect(await world.consume(immortal, [{ ...task, attempts: 3 }])).toEqual(["ack"]);
    expect(world.sent).toEqual([]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ event: "delivery.task_done", begun: true }),
    );
    world.now += world.leaseMs;
    await world.sweep();
    await world.onAlarm(tenant);
    expect(world.queued).toHaveLength(limits.packDeliveries / limits.watchedDeliveries);
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("a task that is handed out twice at once, and counted, is tried by one of the two", async () => {
    await commit(1, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 1 WHERE tenant_id = ?").bind(tenant).run();
    await world.onAlarm(tenant);
    const [task] = world.queued.splice(0) as [QueuedTask];
    let twin: Promise<unknown> | undefined;
    world.answer = async () => {
      twin ??= world.consume(immortal, [structuredClone(task)]);
      await twin;
      return ACCEPTED;
    };
    await world.consume(immortal, [task]);
    expect(world.sent).toHaveLength(2);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
  });
});

describe("a delivery that was claimed in vain", () => {
  test("however often, because the queue is slower than the lease, is no poison: it was never begun", async () => {
    await commit(1, 2, 3);
    for (let turn = 0; turn < 12; turn++) {
      world.now = Math.max(world.now, world.alarms.get(tenant) ?? 0);
      await world.onAlarm(tenant);
      const late = world.queued.splice(0);
      const leaseEndsAt = Math.max(...(await deliveriesOf(tenant)).map(({ due_at }) => due_at ?? 0));
      world.now = leaseEndsAt + 1;
      await world.consume(immortal, late);
      await world.sweep();
    }
    expect(world.sent).toEqual([]);
    expect((await deliveriesOf(tenant))[0]?.claims).toBeGreaterThan(6);
    expect(await startsOf()).toEqual([0, 0, 0]);
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered", "delivered"]);
  });

  test("and then recorded, is beyond suspicion again", async () => {
    await commit(1, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 9, starts = ? WHERE tenant_id = ?")
      .bind(limits.startsUnsuspected + limits.poisonStarts - 1, tenant)
      .run();
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "delivered", claims: 0 },
      { state: "delivered", claims: 0 },
    ]);
    expect(await startsOf()).toEqual([0, 0]);
  });

  test("or given back untried by whoever began it, has not been begun in vain", async () => {
    await commit(1, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 2, starts = 1 WHERE tenant_id = ?")
      .bind(tenant)
      .run();
    await world.onAlarm(tenant);
    world.now = ((await deliveriesOf(tenant))[0]?.due_at ?? 0) - 1;
    await world.consume();
    expect(world.sent).toEqual([]);
    expect(await startsOf()).toEqual([1, 1]);
  });

  test("costs no call and no row more; counted as it begins, one row each", async () => {
    await commit(1);
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(life);
    expect(life.steps).toEqual(["d1.batch", "channel.deliver", "d1.batch"]);
    await commit(2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 7 WHERE tenant_id = ? AND seq = 2")
      .bind(tenant)
      .run();
    await world.onAlarm(tenant);
    const again = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(again);
    expect(again.steps).toEqual(life.steps);
  });
});

describe("a task that this consumer has asked for again", () => {
  const lost = () => Promise.reject(new Error("D1_ERROR: Network connection lost."));
  /** D1 counts, and its answer gets lost, so many times. */
  const losing = (times: number) => {
    let call = 0;
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch(statements);
      return call++ < times ? lost() : results;
    };
    return { ...immortal, db: () => ({ prepare: env.DB.prepare.bind(env.DB), batch }) as never };
  };
  const claimedBefore = async () => {
    await commit(1, 2);
    await env.DB.prepare("UPDATE outbox_deliveries SET claims = 1 WHERE tenant_id = ?").bind(tenant).run();
    await world.onAlarm(tenant);
    return world.queued.splice(0) as [QueuedTask];
  };

  test("because D1 did not answer the read: it is read again at once, and counts once", async () => {
    const [task] = await claimedBefore();
    expect(await world.consume(losing(2), [task])).toEqual(["ack"]);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
  });

  test("again and again: it is nobody's fault, and delivered when D1 answers", async () => {
    let [task] = await claimedBefore();
    for (let lease = 0; lease < 8; lease++) {
      for (const attempts of [1, 2, 3, 4]) await world.consume(losing(99), [{ ...task, attempts }]);
      world.now = Math.max(...(await deliveriesOf(tenant)).map(({ due_at }) => due_at ?? 0));
      world.queued.splice(0);
      await world.onAlarm(tenant);
      task = world.queued.splice(0)[0] ?? task;
    }
    expect(world.sent).toEqual([]);
    world.now = Math.max(...(await deliveriesOf(tenant)).map(({ due_at }) => due_at ?? 0));
    await world.sweep();
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
  });
});
