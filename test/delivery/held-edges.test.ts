import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { permanent, type Reply, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider } from "../../src/channels/email/provider.ts";
import { bindingProvider } from "../../src/channels/email/providers/binding.ts";
import { mailgunProvider } from "../../src/channels/email/providers/mailgun.ts";
import type { Database, Statement } from "../../src/db/database.ts";
import { UNCERTAIN } from "../../src/domain/email-status.ts";
import { endpointReplayInput, replayDeadLetters, replayEndpoint } from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { email } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { liftSuppression, putSuppression } from "../../src/registry/suppressions.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { Post } from "../support/outside/post.ts";
import { World } from "../support/world.ts";

const HELD = {
  to: "ada@example.com",
  cc: "bob@example.com",
  subject: "Paid",
  text: "…",
  onUncertain: "hold",
} as const;
const LOST = temporary("connection_lost");
const DAY = 24 * 3600;

let world: World;
let tenant: string;
let post: Post;

beforeEach(() => begin());
afterEach(() => checkInvariants(env.DB, tenant));

async function begin(provider: Post = new Post()) {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  post = provider;
  use(post);
}

function use(provider: EmailProvider) {
  world.emailChannels.set(tenant, emailChannel(provider, "us@example.com", ownDesk(world.clock)));
}

const commitHeld = async (options: Parameters<typeof email>[1] = {}) => {
  const { messages } = await world.commit(tenant, { messages: [email(HELD, options)] });
  return messages[0]?.id ?? "";
};
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
const suppressBob = () => world.ask((tools) => putSuppression(tools, tenant, { address: "bob@example.com" }));
/** Lets three hours go by. */
const later = async () => {
  for (let hour = 0; hour < 3; hour++) {
    await world.sweep();
    await world.runUntilIdle(tenant);
    world.now += 3_600_000;
  }
};
const killedWhileSending = async () => {
  await world.onAlarm(tenant);
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  post.whileSending = async () => {
    post.whileSending = async () => {};
    life.kill();
  };
  await Promise.race([world.consume(life), life.death]);
};
const expectHeld = async () =>
  expect(await deliveriesOf(tenant)).toMatchObject([{ state: "dead", reason: UNCERTAIN }]);

test("a suppression that ends makes it another e-mail, of which no account drops a repetition", async () => {
  await begin(new Post("keyed", DAY));
  await suppressBob();
  const id = await commitHeld();
  await killedWhileSending();
  await world.ask((tools) => liftSuppression(tools, tenant, "bob@example.com"));
  await later();
  expect(post.sent).toEqual([id]);
  await expectHeld();
});

test("a consumer whose mark took longer than its lease sends nothing: somebody may have looked at it", async () => {
  await commitHeld();
  await world.onAlarm(tenant);
  const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
  let isMarked = false;
  const slow = (db: Database): Database => ({
    prepare: (query) => db.prepare(query),
    batch: async <T>(statements: Statement[]) => {
      const answer = await db.batch<T>(statements);
      const [row] = await deliveriesOf(tenant);
      if (!row?.batch || isMarked) return answer;
      isMarked = true;
      world.now += 2 * world.leaseMs + limits.sweepGraceMs;
      await world.sweep();
      await hand();
      return answer;
    },
  });
  await world.consume({ step: (name, act) => life.step(name, act), db: slow });
  expect([isMarked, post.sent]).toEqual([true, []]);
  await expectHeld();
});

test.each([
  ["refuses it as known", { ...permanent("invalid_idempotent_request"), httpStatus: 409 } as Reply],
  ["finds its file changed", permanent("attachment_changed")],
])("a repetition that %s leaves it in doubt", async (_, refusal) => {
  await begin(new Post("keyed", DAY));
  post.losses.push(LOST);
  const id = await commitHeld();
  await hand();
  post.refusals.push(refusal);
  await later();
  expect(post.sent).toEqual([id]);
  await expectHeld();
});

test("a suspect that kills its consumer while it is sent is in doubt, and no poison", async () => {
  const id = await commitHeld();
  const starts = limits.startsUnsuspected + limits.poisonStarts - 1;
  await env.DB.prepare("UPDATE outbox_deliveries SET claims = 3, starts = ? WHERE tenant_id = ?")
    .bind(starts, tenant)
    .run();
  await killedWhileSending();
  await later();
  expect(post.sent).toEqual([id]);
  await expectHeld();
});

test("an app's provider that runs into the platform's limit after it has sent leaves it in doubt", async () => {
  const ids = [await commitHeld(), await commitHeld(), await commitHeld()];
  let calls = 0;
  post.whileSending = async () => {
    if (++calls > 1) throw new Error("Too many subrequests by single Worker invocation.");
  };
  await world.onAlarm(tenant);
  await world.consume();
  await later();
  expect(post.sent.toSorted()).toEqual(ids.toSorted());
  expect((await statesOf(tenant)).toSorted()).toEqual(["dead", "dead", "delivered"]);
});

test.each([
  "internal error; reference = 0123456789abcdef",
  "TLS connection was closed",
  "Network connection lost.",
])("a request that may have been taken before the runtime says %j is in doubt", async (words) => {
  let sent = 0;
  const fetch = async () => {
    if (++sent === 1) throw new Error(words);
    return Response.json({ id: "<1@example.com>", message: "Queued." });
  };
  const settings = { apiKey: "key", domain: "example.com", baseUrl: "https://mailgun.example" };
  use(mailgunProvider({ fetch, now: () => world.now, ...settings }));
  await commitHeld();
  await later();
  expect(sent).toBe(1);
  await expectHeld();
});

test("a binding that asks for fewer has sent nothing, and is asked again", async () => {
  let asked = 0;
  const send = async () => {
    if (++asked === 1) throw Object.assign(new Error("slow down"), { code: "E_RATE_LIMIT_EXCEEDED" });
    return { messageId: "1" };
  };
  use(bindingProvider({ send }));
  await commitHeld();
  await later();
  expect([asked, await statesOf(tenant)]).toEqual([2, ["delivered"]]);
});

test("in doubt for good, it is ended as soon as it is looked at, and its key goes on", async () => {
  await begin(new Post("keyed", DAY));
  post.losses.push(LOST);
  await commitHeld({ orderingKey: "order-1" });
  const next = await commitHeld({ orderingKey: "order-1" });
  await hand();
  await suppressBob();
  world.now += 3_600_000;
  await hand();
  expect((await statesOf(tenant))[0]).toBe("dead");
  await world.runUntilIdle(tenant);
  expect(post.sent.at(-1)).toBe(next);
});

test("a replay of many leaves it alone, unless it names it or its reason", async () => {
  post.losses.push(LOST);
  const id = await commitHeld();
  await world.runUntilIdle(tenant);
  const ofAll = async (given: object) => {
    const { replayed } = await world.ask((tools) =>
      replayDeadLetters(tools, tenant, deadLetterInput.parse(given)),
    );
    return replayed;
  };
  const since = endpointReplayInput.parse({ since: "2020-01-01T00:00:00Z" });
  expect(await ofAll({})).toBe(0);
  expect((await world.ask((tools) => replayEndpoint(tools, tenant, "ep_email", since))).replayed).toBe(0);
  expect(await ofAll({ result: { reason: UNCERTAIN } })).toBe(1);
  await world.runUntilIdle(tenant);
  expect(post.sent).toEqual([id, id]);
});
