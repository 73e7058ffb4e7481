/** E-mails with an ordering key, through the real consumer. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Reply, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { email } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

/** Takes its time for an e-mail, and notes which others are under way with it. */
class SlowProvider extends BatchProvider {
  readonly together: string[][] = [];
  readonly #underWay = new Set<string>();

  override async send(envelope: Envelope): Promise<Reply> {
    this.#underWay.add(envelope.messageId);
    this.together.push([...this.#underWay]);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    const reply = await super.send(envelope);
    this.#underWay.delete(envelope.messageId);
    return reply;
  }
}

let world: World;
let tenant: string;
let provider: SlowProvider;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  provider = new SlowProvider();
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  world.admit = channel.admit;
  world.batch = channel.batch;
  world.answer = (dispatch) => channel.deliver(dispatch, never());
});

afterEach(() => checkInvariants(env.DB, tenant));

const mail = (orderingKey?: string, from?: string) =>
  email(
    { to: "ada@example.com", subject: "Hello", text: "Hello", ...(from && { from }) },
    { ...(orderingKey && { orderingKey }) },
  );
const commit = async (messages: ReturnType<typeof mail>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
const ofKey = (ids: readonly string[], at: readonly number[]) => at.map((position) => ids[position]);

describe("e-mails of an ordering key", () => {
  test("go out in order, each by itself, while others share a request", async () => {
    const ids = await commit([mail("a"), mail(), mail("a"), mail("b"), mail(), mail("a"), mail("b"), mail()]);
    await hand();
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(provider.batches.map((request) => request.ids)).toEqual([ofKey(ids, [1, 4, 7])]);
    expect(provider.requests.filter(({ ids }) => ids.length > 1)).toHaveLength(1);
    for (const key of [
      [0, 2, 5],
      [3, 6],
    ]) {
      const wanted = ofKey(ids, key) as string[];
      expect(provider.sent.filter((id) => wanted.includes(id))).toEqual(wanted);
      for (const others of provider.together)
        expect(others.filter((id) => wanted.includes(id)).length).toBeLessThanOrEqual(1);
    }
    // Those of different keys do not wait for each other.
    expect(Math.max(...provider.together.map(({ length }) => length))).toBe(2);
  });

  test("of several tasks, and of a task that is handed out twice, keep it, too", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(...(await commit([mail("a"), mail(), mail()])));
    await world.onAlarm(tenant);
    world.queued.push(...world.queued.map((task) => ({ ...task, attempts: 2 })));
    await world.consume();
    await world.runUntilIdle(tenant);
    const keyed = ofKey(ids, [0, 3, 6]) as string[];
    const first = keyed.map((id) => provider.sent.indexOf(id));
    expect(first).toEqual(first.toSorted((one, other) => one - other));
    expect(provider.batches.flatMap(({ ids }) => ids).filter((id) => keyed.includes(id))).toEqual([]);
  });

  test("wait for one that is tried again, and its answer may be lost", async () => {
    const ids = await commit([mail("a"), mail("a"), mail("b")]);
    provider.alone.push(() => temporary("timeout"));
    await hand();
    expect(await statesOf(tenant)).toEqual(["pending", "pending", "delivered"]);
    expect(await deliveriesOf(tenant)).toMatchObject([{ behind: 0 }, { behind: 1 }, {}]);
    await world.runUntilIdle(tenant);
    expect(provider.sent.filter((id) => id !== ids[2])).toEqual(ofKey(ids, [0, 1]));
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
  });

  test("wait for one whose sender is not set up; a final refusal frees the key", async () => {
    let isSetUp = false;
    const send = provider.send.bind(provider);
    provider.send = async (envelope) =>
      envelope.from.includes("new@") && !isSetUp
        ? refusedFor("sender", "invalid_from_address", { httpStatus: 422 })
        : send(envelope);
    const ids = await commit([mail("a", "new@example.com"), mail("a"), mail("b"), mail("b")]);
    provider.bad.add(ids[2] as string);
    await hand();
    expect(await statesOf(tenant)).toEqual(["pending", "pending", "dead", "delivered"]);
    isSetUp = true;
    await world.runUntilIdle(tenant);
    expect(provider.sent).toEqual(ofKey(ids, [3, 0, 1]));
  });
});
