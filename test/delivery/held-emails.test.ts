import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PLATFORM_LIMIT, temporary } from "../../src/channels/channel.ts";
import { type DeskOf, emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import type { EmailInput } from "../../src/domain/email-content.ts";
import { readDoubt } from "../../src/domain/email-doubt.ts";
import { UNCERTAIN } from "../../src/domain/email-status.ts";
import { cancelOne } from "../../src/interventions/cancel.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { Post } from "../support/outside/post.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;
let post: Post;
let deskOf: DeskOf;

beforeEach(() => begin());
afterEach(() => checkInvariants(env.DB, tenant));

async function begin(provider = new Post()) {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  deskOf = ownDesk(world.clock);
  post = provider;
  use([post]);
}

function use(providers: readonly EmailProvider[]) {
  world.emailChannels.set(tenant, emailChannel(providers, "us@example.com", deskOf));
}

const HELD = { to: "ada@example.com", subject: "Your payment", text: "…", onUncertain: "hold" } as const;
const commitHeld = async (more: Partial<EmailInput> = {}) => {
  const { messages } = await world.commit(tenant, { messages: [email({ ...HELD, ...more })] });
  return messages[0]?.id ?? "";
};
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
const replay = (id: string) => world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
const endLeases = async () => {
  for (let round = 0; round < 3; round++) {
    world.now += 2 * world.leaseMs + limits.sweepGraceMs;
    await world.sweep();
    await world.runUntilIdle(tenant);
  }
};
const DEAD = { state: "dead", reason: UNCERTAIN, batch: null };
const LOST = temporary("connection_lost");

describe.each([
  ["no answer in time", temporary(UNCERTAIN)],
  ["a connection that was lost", LOST],
  ["an answer without an id", temporary(UNCERTAIN, { httpStatus: 200 })],
  ["an error of the provider", temporary("http_status", { httpStatus: 502, scope: "provider" })],
])("after %s", (_, loss) => {
  test("a held e-mail is dead as uncertain; others are sent again", async () => {
    post.losses.push(loss);
    const id = await commitHeld();
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([{ ...DEAD, attempts: 1 }]);
    await endLeases();
    expect(post.asked).toEqual([id]);
    post.losses.push(loss);
    const other = await commitHeld({ onUncertain: "retry" });
    for (let hour = 0; hour < 3; hour++) {
      world.now += 3_600_000;
      await world.runUntilIdle(tenant);
    }
    expect(post.asked).toEqual([id, other, other]);
  });

  test("a person's replay sends it, and holds it again if need be", async () => {
    post.losses.push(loss, loss);
    const id = await commitHeld();
    await world.runUntilIdle(tenant);
    await replay(id);
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([{ ...DEAD, attempts: 2 }]);
    await replay(id);
    await world.runUntilIdle(tenant);
    expect(post.sent).toEqual([id, id, id]);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });
});

test.each([
  ["a 429", temporary("rate_limited", { httpStatus: 429, retryAfterMs: 5_000 })],
  ["a request for patience", temporary("throttled", { httpStatus: 400, spares: true })],
  ["a server that puts it off", temporary("smtp_450", { scope: "recipient", unsent: true })],
  ["a refusal of its sender", refusedFor("sender", "not_set_up", { httpStatus: 422 })],
  ["a refusal of the account", refusedFor("account", "suspended", { httpStatus: 403 })],
  ["a name that does not resolve", temporary("dns", { unsent: true })],
  ["a call that the platform did not let out", temporary(PLATFORM_LIMIT, { unsent: true })],
])("after %s, by which nothing was sent, a held e-mail goes out later", async (_, refusal) => {
  post.refusals.push(refusal);
  const id = await commitHeld();
  await hand();
  expect(await deliveriesOf(tenant)).toMatchObject([{ state: "pending", batch: null }]);
  world.now += 3_600_000;
  await world.runUntilIdle(tenant);
  expect(post.sent).toEqual([id]);
  expect(await statesOf(tenant)).toEqual(["delivered"]);
});

test.each(["before", "after"] as const)(
  "a consumer that dies %s any await: a held e-mail is never sent twice, and dead only if it may have been sent",
  async (side) => {
    for (let at = 1; ; at++) {
      await begin();
      const ids = [await commitHeld(), await commitHeld()];
      await world.onAlarm(tenant);
      const life = new MortalLife(at, side);
      await Promise.race([world.consume(life), life.death]);
      const wasMarked = (await deliveriesOf(tenant)).map(({ batch }) => readDoubt(batch) !== undefined);
      await endLeases();
      const named = `dies ${side} await ${at}`;
      expect(new Set(post.sent).size, named).toBe(post.sent.length);
      const rows = await deliveriesOf(tenant);
      for (const [n, { state, reason }] of rows.entries()) {
        const id = ids[n] ?? "";
        expect([state, reason], named).toEqual(wasMarked[n] ? ["dead", UNCERTAIN] : ["delivered", null]);
        if (state === "dead") await replay(id);
        else expect(post.sent, named).toContain(id);
      }
      await world.runUntilIdle(tenant);
      expect(await statesOf(tenant), named).toEqual(["delivered", "delivered"]);
      if (!life.isDead) break;
    }
  },
);

test("a held e-mail costs one statement and one row more; it is on record before it is sent", async () => {
  const seen: unknown[] = [];
  post.whileSending = async () => {
    const [row] = await deliveriesOf(tenant);
    seen.push(row?.batch);
  };
  const statements = async (onUncertain: "hold" | "retry") => {
    await commitHeld({ onUncertain });
    await world.onAlarm(tenant);
    const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
    await world.consume(life);
    return life.steps.filter((step) => step.startsWith("d1")).length;
  };
  const plain = await statements("retry");
  expect(await statements("hold")).toBe(plain + 1);
  expect(seen[0]).toBeNull();
});

test("two consumers of one task send a held e-mail once, and its outcome is on record", async () => {
  for (const meets of ["before it is bound", "while it is being sent"] as const) {
    await begin();
    const id = await commitHeld();
    await world.onAlarm(tenant);
    const tasks = world.queued.splice(0);
    const twin = () => world.consume(undefined, structuredClone(tasks));
    if (meets === "while it is being sent") {
      let isFirst = true;
      post.whileSending = async () => {
        if (isFirst) {
          isFirst = false;
          await twin();
        }
      };
      await twin();
    } else await Promise.all([twin(), twin()]);
    expect(post.sent, meets).toEqual([id]);
    expect(await statesOf(tenant), meets).toEqual(["delivered"]);
  }
});

test("one that the platform does not let out among others is given back, and sent later", async () => {
  for (let n = 0; n < 6; n++) await commitHeld();
  let calls = 0;
  const { send } = post;
  post.send = async function (this: Post, envelope: Envelope) {
    return ++calls > 3 ? temporary(PLATFORM_LIMIT, { unsent: true }) : send.call(post, envelope);
  };
  await world.onAlarm(tenant);
  await world.consume();
  post.send = send;
  await endLeases();
  expect(new Set(post.sent).size).toBe(6);
  expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
});

describe("with a provider that drops repetitions for a day", () => {
  const DAY = 24 * 3600;
  beforeEach(() => begin(new Post("keyed", DAY)));

  test("a held e-mail in doubt is sent again under its key", async () => {
    post.losses.push(LOST);
    const id = await commitHeld();
    await hand();
    expect(await statesOf(tenant)).toEqual(["pending"]);
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
    expect([post.asked, post.sent]).toEqual([[id, id], [id]]);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
  });

  test("it is held as soon as its next attempt would come too late, whatever it says meanwhile", async () => {
    const busy = temporary("rate_limited", { httpStatus: 429 });
    post.losses.push(...Array(20).fill(LOST));
    const id = await commitHeld();
    for (let hour = 0; hour < 48; hour++) {
      await world.runUntilIdle(tenant);
      if (hour === 3) post.refusals.push(busy);
      world.now += 3_600_000;
    }
    expect(new Set(post.asked)).toEqual(new Set([id]));
    expect(post.asked.length).toBeGreaterThan(2);
    expect(await deliveriesOf(tenant)).toMatchObject([DEAD]);
  });

  test("it is held where its key says nothing any more: another account, a suppressed recipient, an expiry", async () => {
    const cases: [string, () => Promise<unknown>][] = [
      ["another account", async () => use([new Post("another", DAY)])],
      [
        "a suppressed recipient",
        () => world.ask((tools) => putSuppression(tools, tenant, { address: "bob@example.com" })),
      ],
      ["an expiry", async () => {}],
    ];
    for (const [name, change] of cases) {
      await begin(new Post("keyed", DAY));
      post.losses.push(LOST);
      const expiresAt = name === "an expiry" ? new Date(world.now + 60_000) : undefined;
      const id = await commitHeld({ cc: "bob@example.com", ...(expiresAt && { expiresAt }) });
      await hand();
      await change();
      world.now += 3_600_000;
      await world.runUntilIdle(tenant);
      await endLeases();
      expect(post.asked, name).toEqual([id]);
      expect(await deliveriesOf(tenant), name).toMatchObject([{ state: "dead", reason: UNCERTAIN }]);
    }
  });
});

test("in a pool it goes to the next account where the first one refuses it, and to none in doubt; a replay may use any", async () => {
  const [one, two] = [new Post("one"), new Post("two")];
  use([one, two]);
  one.refusals.push(refusedFor("account", "suspended", { httpStatus: 403 }));
  const first = await commitHeld();
  await hand();
  world.now += 2 * limits.emailPassMs;
  await world.runUntilIdle(tenant);
  expect([one.sent, two.sent]).toEqual([[], [first]]);
  one.losses.push(LOST);
  world.now += limits.emailAccountHoldMs.from;
  const second = await commitHeld();
  await world.runUntilIdle(tenant);
  expect((await deliveriesOf(tenant))[1]).toMatchObject(DEAD);
  await deskOf({ name: "one" }).tell({ sender: "", result: "account", waitMs: 3_600_000 });
  await replay(second);
  await world.runUntilIdle(tenant);
  expect([one.sent, two.sent]).toEqual([[second], [first, second]]);
});

test("several held e-mails share no request", async () => {
  const shared = new BatchProvider();
  use([shared]);
  const { messages } = await world.commit(tenant, { messages: Array(3).fill(email(HELD)) });
  await world.runUntilIdle(tenant);
  expect(shared.batches).toEqual([]);
  expect(shared.sent.toSorted()).toEqual(messages.map(({ id }) => id).toSorted());
});

test("one that is cancelled on its way, and replayed, is sent: a person has said so", async () => {
  const id = await commitHeld();
  post.whileSending = async () => {
    post.whileSending = async () => {};
    await world.ask((tools) => cancelOne(tools, tenant, id, "ep_email"));
  };
  await hand();
  expect(await statesOf(tenant)).toEqual(["cancelled"]);
  await replay(id);
  await world.runUntilIdle(tenant);
  expect(await statesOf(tenant)).toEqual(["delivered"]);
  expect(post.sent).toEqual([id, id]);
});
