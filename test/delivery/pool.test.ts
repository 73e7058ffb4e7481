import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Refusal, temporary } from "../../src/channels/channel.ts";
import { type DeskOf, emailChannel } from "../../src/channels/email/email.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { BatchProvider, LOST } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let one: BatchProvider;
let two: BatchProvider;
let deskOf: DeskOf;

beforeEach(begin);
afterEach(() => checkInvariants(env.DB, tenant));

async function begin() {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  deskOf = ownDesk(world.clock);
  [one, two] = [new BatchProvider("one"), new BatchProvider("two")];
  usePool([one, two]);
}

function usePool(providers: readonly BatchProvider[]) {
  world.emailChannels.set(tenant, emailChannel(providers, "us@example.com", deskOf));
}

const SUSPENDED = refusedFor("account", "suspended_api_key", { httpStatus: 403 });
const commitMails = async (count: number) => {
  const mail = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
  const { messages } = await world.commit(tenant, { messages: Array(count).fill(mail) });
  return messages.map(({ id }) => id);
};
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
/** Lets the tenant work for some seconds, a second at a time. */
const work = async (seconds: number) => {
  for (let second = 0; second < seconds; second++) {
    await hand();
    world.now += 1_000;
  }
};
const idsAt = ({ requests }: BatchProvider) => requests.flatMap(({ ids }) => ids);
/** Each of the e-mails has gone out once, through either account. */
const expectSentOnce = (ids: readonly string[], named?: string) =>
  expect([...one.sent, ...two.sent].toSorted(), named).toEqual([...ids].toSorted());

describe("while the first account takes them", () => {
  test("e-mails go through it, each bound to it before it is sent, and to none once that is on record", async () => {
    const ids = [...(await commitMails(1)), ...(await commitMails(3))];
    await world.runUntilIdle(tenant);
    expect(one.sent.toSorted()).toEqual(ids.toSorted());
    expect(two.requests).toEqual([]);
    expect((await deliveriesOf(tenant)).map(({ batch }) => batch)).toEqual(Array(4).fill(null));
  });

  test("a single e-mail costs one statement more than without another account", async () => {
    await commitMails(1);
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(life);
    expect(life.steps.filter((step) => step.startsWith("d1"))).toHaveLength(3);
  });
});

describe("an account that refuses everybody", () => {
  beforeEach(() => {
    one.refusal = SUSPENDED;
  });

  test.each([1, 5])("gives its e-mails to the next one within seconds (%i at once)", async (count) => {
    const ids = await commitMails(count);
    await work(3);
    expect(two.sent.toSorted()).toEqual(ids.toSorted());
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("is asked by one e-mail, and by the others not until it is tried again", async () => {
    await commitMails(1);
    await work(3);
    const others = await commitMails(4);
    await work(1);
    expect(one.requests).toHaveLength(1);
    expect(two.batches.map(({ ids }) => ids)).toEqual([others]);
    world.now += limits.emailAccountHoldMs.from;
    one.refusal = undefined;
    const [later] = await commitMails(1);
    await world.runUntilIdle(tenant);
    expect(one.sent).toEqual([later]);
  });

  test("does not use up attempts, and does not close the tenant's e-mails", async () => {
    await commitMails(1);
    await hand();
    const [row] = await deliveriesOf(tenant);
    expect(row).toMatchObject({ state: "pending", attempts: 1, spared: 1, batch: null });
    const health =
      "SELECT held_until, failing_since FROM outbox_endpoints WHERE tenant_id = ? AND id = 'ep_email'";
    const [held] = (await env.DB.prepare(health).bind(tenant).all()).results;
    expect(held).toEqual({ held_until: null, failing_since: null });
  });

  test("with the others doing so, too, is waited for until the first of them is tried again", async () => {
    two.refusal = SUSPENDED;
    await commitMails(1);
    await hand();
    world.now += 2 * limits.emailPassMs;
    await hand();
    expect([idsAt(one).length, idsAt(two).length]).toEqual([1, 1]);
    const at = world.now;
    world.now += 2 * limits.emailPassMs;
    await hand();
    expect([idsAt(one).length, idsAt(two).length]).toEqual([1, 1]);
    const [row] = await deliveriesOf(tenant);
    expect((row?.due_at ?? 0) - at).toBeLessThanOrEqual(limits.emailAccountHoldMs.from);
    expect(row).toMatchObject({ state: "pending" });
  });
});

describe("an e-mail of which nobody knows whether it was taken", () => {
  test.each([1, 3])("stays with its account, whatever becomes of that (%i at once)", async (count) => {
    const ids = await commitMails(count);
    if (count === 1) one.alone.push(() => LOST);
    else one.instead.push(() => LOST as Refusal);
    await hand();
    one.refusal = SUSPENDED;
    for (let hour = 0; hour < 3; hour++) {
      world.now += 3_600_000;
      await hand();
      await hand();
    }
    expect(two.requests).toEqual([]);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["pending"]));
    one.refusal = undefined;
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
    expectSentOnce(ids);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("by an account that is taken out of the pool goes by the first of the rest", async () => {
    const [id] = await commitMails(1);
    one.alone.push(() => LOST);
    await hand();
    usePool([two]);
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
    expect(two.sent).toEqual([id]);
  });
});

describe("an account that does not answer", () => {
  test("gives the e-mails to the next one that it has not got, after a few of those that it has", async () => {
    one.refusal = temporary("timeout");
    const inDoubt: string[] = [];
    for (let n = 0; n < limits.emailFailures; n++) {
      inDoubt.push(...(await commitMails(1)));
      await hand();
    }
    const others = await commitMails(4);
    await hand();
    expect(two.sent.toSorted()).toEqual(others.toSorted());
    expect(idsAt(one)).not.toContain(others[0]);
    one.refusal = undefined;
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
    expectSentOnce([...inDoubt, ...others]);
    expect(one.sent.toSorted()).toEqual(inDoubt.toSorted());
  });
});

describe("tenants with pools of their own", () => {
  test("that begin with one account share no request when it is refused: each goes on to its own", async () => {
    const other = await world.createTenant();
    const three = new BatchProvider("three");
    world.emailChannels.set(other, emailChannel([one, three], "us@example.com", deskOf));
    await deskOf({ name: "one" }).tell({ sender: "", result: "account", waitMs: 3600_000 });
    const mail = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
    const mine = await commitMails(2);
    const { messages } = await world.commit(other, { messages: [mail, mail] });
    await world.onAlarm(tenant);
    await world.onAlarm(other);
    await world.consume();
    expect(two.sent.toSorted()).toEqual(mine.toSorted());
    expect(three.sent.toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
    await checkInvariants(env.DB, other);
  });
});

test("several e-mails that move to an account which is tried again try it themselves", async () => {
  await deskOf({ name: "one" }).tell({ sender: "", result: "account", waitMs: 3600_000 });
  await deskOf({ name: "two" }).tell({ sender: "", result: "account", waitMs: null });
  world.now += limits.emailAccountHoldMs.from + 1_000;
  const ids = await commitMails(4);
  await hand();
  expect(two.sent.toSorted()).toEqual(ids.toSorted());
});

test("an account whose provider throws counts as one that does not answer", async () => {
  one.send = async () => {
    throw new Error("its code is wrong");
  };
  for (let n = 0; n < limits.emailFailures; n++) {
    await commitMails(1);
    await hand();
  }
  const [later] = await commitMails(1);
  await hand();
  expect(two.sent).toEqual([later]);
});

test("e-mails whose consumer died before they were sent go by any account", async () => {
  const [id] = await commitMails(1);
  await world.onAlarm(tenant);
  const life = new MortalLife(1, "after");
  await Promise.race([world.consume(life), life.death]);
  one.refusal = SUSPENDED;
  await deskOf({ name: "one" }).tell({ sender: "", result: "account", waitMs: 24 * 3600_000 });
  world.now += 2 * world.leaseMs + limits.sweepGraceMs;
  await world.sweep();
  await world.runUntilIdle(tenant);
  expect(two.sent).toEqual([id]);
});

test("a task that two consumers carry out is sent through one account", async () => {
  for (const count of [1, 3]) {
    await begin();
    const ids = await commitMails(count);
    await world.onAlarm(tenant);
    const tasks = world.queued.splice(0);
    let asked = 0;
    const channel = emailChannel([one, two], "us@example.com", deskOf);
    const { admit } = channel;
    channel.admit = async (applicant) =>
      ++asked % 2 === 0
        ? { askAt: world.now + 60_000, for: "account" }
        : ((await admit?.(applicant)) ?? { waitMs: 0 });
    world.emailChannels.set(tenant, channel);
    await Promise.all([
      world.consume(undefined, structuredClone(tasks)),
      world.consume(undefined, structuredClone(tasks)),
    ]);
    await world.runUntilIdle(tenant);
    expect(asked).toBeGreaterThan(1);
    expectSentOnce(ids);
  }
});

test.each(["before", "after"] as const)(
  "a consumer that dies %s any await, while the first account is refused: each e-mail is sent once",
  async (side) => {
    for (let at = 1; ; at++) {
      await begin();
      one.refusal = SUSPENDED;
      await deskOf({ name: "one" }).tell({ sender: "", result: "account", waitMs: 3600_000 });
      const ids = [...(await commitMails(1)), ...(await commitMails(3))];
      await world.onAlarm(tenant);
      const life = new MortalLife(at, side);
      await Promise.race([world.consume(life), life.death]);
      // The first account is well again: a dead consumer's e-mails are not for it.
      one.refusal = undefined;
      deskOf = ownDesk(world.clock);
      usePool([one, two]);
      ids.push(...(await commitMails(2)));
      for (let round = 0; round < 3; round++) {
        world.now += 2 * world.leaseMs + limits.sweepGraceMs;
        await world.sweep();
        await world.runUntilIdle(tenant);
      }
      expect(new Set(await statesOf(tenant)), `dies ${side} await ${at}`).toEqual(new Set(["delivered"]));
      expectSentOnce(ids, `dies ${side} await ${at}`);
      if (!life.isDead) break;
    }
  },
);

test("each account of a pool needs a name of its own", () => {
  for (const providers of [[], [one, new BatchProvider("one")], [one, { send: two.send }]]) {
    expect(() => emailChannel(providers, "us@example.com", deskOf)).toThrow(
      "Each of several e-mail providers needs an `account` with a name of its own",
    );
  }
});
