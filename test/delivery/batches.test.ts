import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Dispatch, type Refusal, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { cancelOne } from "../../src/interventions/cancel.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { readEndpoint } from "../../src/registry/endpoints.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { BatchProvider, LOST } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let provider: BatchProvider;

beforeEach(begin);
afterEach(() => checkInvariants(env.DB, tenant));

async function begin() {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  provider = new BatchProvider();
  useProvider();
}

function useProvider() {
  Object.assign(world, accountOf(provider));
}

function accountOf(provider: EmailProvider) {
  const { admit, batch, deliver } = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  return { admit, batch, answer: (dispatch: Dispatch) => deliver(dispatch, never()) };
}

const mail = (from?: string) =>
  email({ to: "ada@example.com", subject: "Hello", text: "Hello", ...(from && { from }) });
const commitMails = async (count: number, of = tenant, from?: string) => {
  const { messages } = await world.commit(of, { messages: Array.from({ length: count }, () => mail(from)) });
  return messages.map(({ id }) => id);
};
const sentOnce = (ids: readonly string[]) => expect(provider.sent.toSorted()).toEqual([...ids].toSorted());
const hand = async (of = tenant) => {
  await world.onAlarm(of);
  await world.consume();
};
const onRecord = async (of = tenant) => new Set((await deliveriesOf(of)).map(({ batch }) => batch));

describe("e-mails of one sender", () => {
  test("share a request, each has its own answer, and nothing of it stays on record", async () => {
    const ids = await commitMails(60);
    await world.runUntilIdle(tenant);
    expect(provider.requests.map(({ ids }) => ids.length)).toEqual([60]);
    sentOnce(ids);
    const rows = await deliveriesOf(tenant);
    expect(rows.map(({ state, excerpt, batch }) => [state, excerpt, batch])).toEqual(
      ids.map((id) => ["delivered", `re_${id}`, null]),
    );
  });

  test("of several tenants share it, too", async () => {
    const other = await world.createTenant();
    const ids = [...(await commitMails(2)), ...(await commitMails(2, other))];
    await world.onAlarm(tenant);
    await world.onAlarm(other);
    await world.consume();
    expect(provider.requests.map(({ ids }) => ids.length)).toEqual([4]);
    sentOnce(ids);
    expect(await statesOf(other)).toEqual(["delivered", "delivered"]);
  });

  test("are 100 at most, and bounded in size", async () => {
    const others = await Promise.all([world.createTenant(), world.createTenant()]);
    for (const one of [tenant, ...others]) await commitMails(limits.packDeliveries, one);
    for (const one of [tenant, ...others]) await world.onAlarm(one);
    await world.consume();
    expect(provider.requests.map(({ ids }) => ids.length).toSorted()).toEqual([100, 100, 40].toSorted());
    const large = email({ to: "ada@example.com", subject: "Large", text: "x".repeat(200_000) });
    await world.commit(tenant, { messages: Array(8).fill(large) });
    await hand();
    const lengths = provider.requests.slice(3).map(({ ids }) => ids.length);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(8);
    expect(Math.max(...lengths)).toBe(5);
  });

  test("do not share it with those of another sender, whose refusal is none of theirs", async () => {
    const bad = await commitMails(2, tenant, "bad@example.com");
    const good = await commitMails(2);
    provider.before.push(() => refusedFor("sender", "invalid_from_address", { httpStatus: 422 }));
    await hand();
    expect(provider.batches.map(({ ids }) => ids)).toEqual([bad, good]);
    expect(await statesOf(tenant)).toEqual(["pending", "pending", "delivered", "delivered"]);
    expect(await onRecord()).toEqual(new Set([null]));
  });
});

test("a single e-mail goes by itself, under its own key, and is written no more often", async () => {
  const [id] = await commitMails(1);
  await world.onAlarm(tenant);
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  await world.consume(life);
  expect(provider.requests).toEqual([{ key: `${id}/ep_email`, ids: [id] }]);
  expect(life.steps.filter((step) => step.startsWith("d1"))).toHaveLength(2);
});

describe("a request whose answer is lost", () => {
  test("is repeated as it was, though more e-mails have come: each is sent once", async () => {
    const ids = await commitMails(3);
    provider.instead.push(() => LOST as Refusal);
    await hand();
    expect(await statesOf(tenant)).toEqual(["pending", "pending", "pending"]);
    expect([...(await onRecord())][0]).toContain(tenant);
    ids.push(...(await commitMails(2)));
    await world.runUntilIdle(tenant);
    const [first, ...later] = provider.batches;
    expect(later.filter(({ key }) => key === first?.key).map(({ ids }) => ids)).toContainEqual(first?.ids);
    expect(
      later.filter(({ key, ids }) => key !== first?.key && ids.some((id) => first?.ids.includes(id))),
    ).toEqual([]);
    sentOnce(ids);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("goes out once, also where it never came there", async () => {
    const ids = await commitMails(3);
    provider.before.push(() => temporary("connection_lost"));
    await world.runUntilIdle(tenant);
    expect(new Set(provider.batches.map(({ key }) => key)).size).toBe(1);
    sentOnce(ids);
  });

  test("is repeated by each of its e-mails that is due by itself, until all are on record", async () => {
    const ids = await commitMails(3);
    provider.instead.push(() => LOST as Refusal);
    await hand();
    await env.DB.prepare(
      "UPDATE outbox_deliveries SET due_at = due_at + 3600000 WHERE tenant_id = ? AND seq > 1",
    )
      .bind(tenant)
      .run();
    world.now += 600_000;
    await hand();
    expect(await statesOf(tenant)).toEqual(["delivered", "pending", "pending"]);
    world.now += 3_600_000;
    await hand();
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(provider.batches.map(({ ids }) => ids)).toEqual([ids, ids, ids]);
    sentOnce(ids);
  });

  test("is not repeated when the provider knows its key no more: the others of it would be sent again", async () => {
    world.retrySchedule = [];
    const ids = await commitMails(3);
    provider.instead.push(() => LOST as Refusal);
    await hand();
    expect(await statesOf(tenant)).toEqual(["dead", "dead", "dead"]);
    world.now += 24 * 3_600_000;
    await world.ask((tools) => replayOne(tools, tenant, ids[1] ?? "", "ep_email"));
    await hand();
    expect(provider.requests.at(-1)).toEqual({ key: `${ids[1]}/ep_email`, ids: [ids[1]] });
  });

  test("429 at a repetition says nothing of the first time: it is repeated once more", async () => {
    const ids = await commitMails(2);
    provider.instead.push(() => LOST as Refusal);
    provider.before.push(
      () => undefined,
      () => temporary("rate_limit_exceeded", { httpStatus: 429, spares: true, retryAfterMs: 1000 }),
    );
    await world.runUntilIdle(tenant);
    expect(new Set(provider.batches.map(({ key }) => key)).size).toBe(1);
    sentOnce(ids);
  });
});

test("a task that two consumers carry out is sent once", async () => {
  for (const count of [1, 3]) {
    const other = await world.createTenant();
    const ids = [...(await commitMails(count)), ...(await commitMails(2, other))];
    await world.onAlarm(tenant);
    await world.onAlarm(other);
    const tasks = world.queued.splice(0);
    await Promise.all([
      world.consume(undefined, tasks),
      world.consume(
        undefined,
        tasks.filter(({ body }) => body.tenantId === tenant),
      ),
    ]);
    for (const one of [tenant, other]) await world.runUntilIdle(one);
    for (const id of ids) expect(provider.sent.filter((sent) => sent === id)).toEqual([id]);
  }
});

test("a task that comes twice in one invocation is sent once", async () => {
  const ids = await commitMails(3);
  await world.onAlarm(tenant);
  const tasks = world.queued.splice(0);
  await world.consume(undefined, [...tasks, ...structuredClone(tasks)]);
  expect(provider.requests.map(({ ids }) => ids.length)).toEqual([3]);
  sentOnce(ids);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
});

test("an e-mail that one consumer sends by itself, while another puts it off, shares no request later", async () => {
  const ids = await commitMails(1);
  await world.onAlarm(tenant);
  const tasks = world.queued.splice(0);
  const { admit } = world;
  provider.alone.push(() => LOST);
  world.admit = async () => ({ askAt: world.now + 1000, for: "pace" });
  const sending = new World(env.DB);
  sending.now = world.now;
  sending.admit = admit;
  sending.batch = world.batch;
  sending.answer = async (dispatch) => {
    await world.consume(undefined, structuredClone(tasks));
    return world.answer(dispatch);
  };
  await sending.consume(undefined, tasks);
  world.admit = admit;
  ids.push(...(await commitMails(3)));
  world.now += 3_600_000;
  await world.runUntilIdle(tenant);
  sentOnce(ids);
});

test("an e-mail that was sent by itself, without an answer, shares no request later", async () => {
  provider.alone.push(() => LOST);
  const [id] = await commitMails(1);
  await hand();
  await commitMails(3);
  world.now += 3_600_000;
  await hand();
  expect(provider.requests.filter(({ ids }) => ids.includes(id ?? "")).map(({ ids }) => ids)).toEqual([
    [id],
    [id],
  ]);
  expect(provider.sent.filter((sent) => sent === id)).toEqual([id]);
});

describe("a request that is refused", () => {
  test("for one of its e-mails, which the answer names, is none of the others", async () => {
    const ids = await commitMails(3);
    provider.bad.add(ids[1] ?? "");
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    expect(provider.requests).toHaveLength(1);
  });

  test("as a whole for one e-mail's sake sends each by itself, and uses up no attempt", async () => {
    world.retrySchedule = [];
    const ids = await commitMails(3);
    provider.before.push(() => refusedFor("message", "validation_error", { httpStatus: 422 }));
    provider.bad.add(ids[1] ?? "");
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    const alone = provider.requests.slice(1).map(({ ids }) => ids.join());
    expect(alone.toSorted()).toEqual(ids.toSorted());
  });

  test("by 429 is made up anew, with those that have come meanwhile, and uses up no attempt", async () => {
    world.retrySchedule = [];
    const ids = await commitMails(2);
    provider.before.push(() =>
      temporary("rate_limit_exceeded", { httpStatus: 429, spares: true, retryAfterMs: 2000 }),
    );
    await hand();
    ids.push(...(await commitMails(1)));
    await world.runUntilIdle(tenant);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    sentOnce(ids);
  });
});

describe("an e-mail that cannot go with the others", () => {
  test("as this version does not read it, has a refusal of its own", async () => {
    const ids = await commitMails(3);
    await env.DB.prepare("UPDATE outbox_messages SET payload = ?2 WHERE tenant_id = ?1 AND seq = 2")
      .bind(tenant, '{"to":["nobody"],"from":"us@example.com"}')
      .run();
    await world.runUntilIdle(tenant);
    expect(await statesOf(tenant)).toEqual(["delivered", "dead", "delivered"]);
    expect(provider.sent.toSorted()).toEqual([ids[0], ids[2]].toSorted());
  });

  test("as it was cancelled before its turn, is on no record of theirs: no repetition sends it", async () => {
    for (let at = 1; ; at++) {
      await begin();
      const ids = await commitMails(3);
      await world.onAlarm(tenant);
      const { admit } = world;
      world.admit = async () => {
        await world.ask((tools) => cancelOne(tools, tenant, ids[1] ?? "", "ep_email"));
        world.admit = admit;
        return { waitMs: 0 };
      };
      const life = new MortalLife(at, "after");
      await Promise.race([world.consume(life), life.death]);
      world.admit = admit;
      world.now += 2 * world.leaseMs + limits.sweepGraceMs;
      await world.sweep();
      await world.runUntilIdle(tenant);
      const isCancelled = (await statesOf(tenant))[1] === "cancelled";
      expect(provider.sent.toSorted()).toEqual((isCancelled ? [ids[0], ids[2]] : ids).toSorted());
      if (!life.isDead) break;
    }
  });

  test("as a person has cancelled it under way and replays it, goes under the key that it went under", async () => {
    const [id = ""] = await commitMails(1);
    await world.onAlarm(tenant);
    const { answer } = world;
    world.answer = async (dispatch) => {
      await world.ask((tools) => cancelOne(tools, tenant, id, "ep_email"));
      return answer(dispatch);
    };
    await world.consume();
    world.answer = answer;
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await commitMails(2);
    await world.runUntilIdle(tenant);
    expect(provider.sent.filter((sent) => sent === id)).toEqual([id]);
  });
});

describe("a request on record", () => {
  const lose = async () => {
    const ids = await commitMails(2);
    provider.instead.push(() => LOST as Refusal);
    await hand();
    return ids;
  };

  test("that has not reached the provider is none: its e-mails go with any", async () => {
    await commitMails(2);
    provider.before.push(() => temporary("dns", { unsent: true }));
    await hand();
    expect(await onRecord()).toEqual(new Set([null]));
  });

  test("is another account's: each of its e-mails goes by itself", async () => {
    const ids = await lose();
    provider.account.name = "another";
    useProvider();
    world.now += 600_000;
    await world.runUntilIdle(tenant);
    expect(
      provider.requests
        .slice(1)
        .map(({ ids }) => ids.join())
        .toSorted(),
    ).toEqual(ids.toSorted());
  });

  test("has an address that was suppressed since: what it says of that one counts, while it can be repeated", async () => {
    for (const isRepeated of [true, false]) {
      await begin();
      const to = (name: string) => email({ to: `${name}@example.com`, subject: "Hello", text: "Hello" });
      const { messages } = await world.commit(tenant, { messages: [to("ada"), to("bea")] });
      const ids = messages.map(({ id }) => id);
      provider.before.push(() => LOST as Refusal);
      await hand();
      await putSuppression(world.registryTools(), tenant, { address: "bea@example.com" });
      world.now += isRepeated ? 600_000 : 25 * 3600_000;
      await world.runUntilIdle(tenant);
      sentOnce(isRepeated ? ids : ids.slice(0, 1));
      expect(await statesOf(tenant)).toEqual(["delivered", isRepeated ? "delivered" : "dead"]);
    }
  });

  test("of which a message is purged is no more: the rest goes by itself", async () => {
    const [, second] = await lose();
    for (const table of ["deliveries", "attempts", "messages"]) {
      await env.DB.prepare(`DELETE FROM outbox_${table} WHERE tenant_id = ? AND seq = 1`).bind(tenant).run();
    }
    world.now += 600_000;
    await world.runUntilIdle(tenant);
    expect(provider.requests.slice(1).map(({ ids }) => ids)).toEqual([[second]]);
    expect((await deliveriesOf(tenant)).map(({ state }) => state)).toEqual(["delivered"]);
    await env.DB.prepare("UPDATE outbox_tenants SET purged = 1 WHERE id = ?").bind(tenant).run();
  });

  test("that comes with other e-mails than it was known with was taken: it is given up, and sent to nobody again", async () => {
    await lose();
    provider.before.push(() => refusedFor("message", "invalid_idempotent_request", { httpStatus: 409 }));
    world.now += 600_000;
    await hand();
    expect(await statesOf(tenant)).toEqual(["dead", "dead"]);
  });
});

test.each([
  ["an error that nobody knows", refusedFor("provider", "a_new_error", { httpStatus: 422 })],
  ["too large", refusedFor("provider", "http_status", { httpStatus: 413 })],
  ["gone", { ...refusedFor("provider", "gone", { httpStatus: 410 }), kind: "gone" as const }],
])("a refusal of the whole for a reason of one sends each by itself: %s", async (_, refusal) => {
  const ids = await commitMails(3);
  provider.before.push(() => refusal);
  await world.runUntilIdle(tenant);
  sentOnce(ids);
  expect(await readEndpoint({ db: env.DB }, tenant, "ep_email")).toMatchObject({ state: "enabled" });
});

test("words about one tenant's e-mails are not kept with another's", async () => {
  const other = await world.createTenant();
  await commitMails(2);
  await commitMails(2, other);
  provider.before.push(() =>
    temporary("http_status", { httpStatus: 500, excerpt: "ada@example.com is odd" }),
  );
  await world.onAlarm(tenant);
  await world.onAlarm(other);
  await world.consume();
  const rows = [...(await deliveriesOf(tenant)), ...(await deliveriesOf(other))];
  expect(rows.map(({ http_status, excerpt }) => [http_status, excerpt])).toEqual(Array(4).fill([500, null]));
});

test.each(["before", "after"] as const)(
  "a consumer that dies %s any await: each e-mail is sent once",
  async (side) => {
    for (let at = 1; ; at++) {
      await begin();
      const ids = await commitMails(3);
      await world.onAlarm(tenant);
      const life = new MortalLife(at, side);
      await Promise.race([world.consume(life), life.death]);
      ids.push(...(await commitMails(2)));
      for (let round = 0; round < 3; round++) {
        world.now += 2 * world.leaseMs + limits.sweepGraceMs;
        await world.sweep();
        await world.runUntilIdle(tenant);
      }
      expect(new Set(await statesOf(tenant)), `dies ${side} await ${at}`).toEqual(new Set(["delivered"]));
      sentOnce(ids);
      if (!life.isDead) break;
    }
  },
);
