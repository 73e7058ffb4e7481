/** The content of a sensitive e-mail is wiped in the transaction that settles it, by whatever way. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permanent } from "../../src/channels/channel.ts";
import { cancelOne, cancelWhole } from "../../src/interventions/cancel.ts";
import { dismissDeadLetters, dismissOne } from "../../src/interventions/dismiss.ts";
import {
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../src/interventions/replay.ts";
import { deadLetterInput } from "../../src/interventions/settled.ts";
import { email } from "../../src/outbox/message.ts";
import { putSuppression } from "../../src/registry/suppressions.ts";
import { deleteTenant, setTenantPaused } from "../../src/registry/tenants.ts";
import { putUnsubscribe } from "../../src/registry/unsubscribes.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf } from "../support/database/rows.ts";
import { MortalLife } from "../support/faults/life.ts";
import { refused } from "../support/outside/replies.ts";
import { ACCEPTED, World } from "../support/world.ts";

const EMAILS = "ep_email";
const MINUTE = 60_000;
const REFUSED = permanent("rejected", null);

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  world.retrySchedule = [60];
  world.writeLink = async (_, mail) => ({ ...(mail as object), unsubscribe: "https://a.example/u/1" });
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const mail = (rest: object = {}, options: object = {}) =>
  email({ to: "ada@example.com", subject: "Code", text: "493817", ...rest }, options);
const commit = async (rest: object = {}, options: object = {}) => {
  const { messages } = await world.commit(tenant, {
    messages: [mail({ sensitive: true, ...rest }, options)],
  });
  return messages[0]?.id ?? "";
};
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
const tools = () => world.registryTools();
/** Content of the tenant's e-mails, by commit: null for one that is not sensitive. */
async function contents() {
  const { results } = await env.DB.prepare(
    "SELECT sealed, sealed_by FROM outbox_messages WHERE tenant_id = ? ORDER BY id",
  )
    .bind(tenant)
    .all<{ sealed: string | null; sealed_by: string | null }>();
  return results.map(({ sealed, sealed_by }) => {
    if (sealed === null) return null;
    expect(sealed_by !== null).toBe(sealed !== "");
    return sealed === "" ? "wiped" : "sealed";
  });
}
const endings = async () => (await deliveriesOf(tenant)).map(({ state, reason }) => reason ?? state);

interface Way {
  rest?: object;
  before?: () => Promise<unknown> | undefined;
  act: (id: string) => Promise<unknown>;
}

const ways: Record<string, Way> = {
  delivered: { act: hand },
  given_up: {
    act: () => {
      world.answer = () => REFUSED;
      return hand();
    },
  },
  exhausted: {
    act: () => {
      world.answer = () => refused();
      return world.runUntilIdle(tenant);
    },
  },
  by_request: { act: (id) => world.ask((tools) => cancelOne(tools, tenant, id, EMAILS)) },
  expired: {
    rest: { expiresAt: new Date(Date.parse("2026-11-23T12:05:00Z")) },
    act: () => {
      world.now += 10 * MINUTE;
      return hand();
    },
  },
  unsubscribed: {
    rest: { topic: "codes" },
    before: () => putUnsubscribe(tools(), tenant, { address: "ada@example.com", topic: "codes" }),
    act: hand,
  },
  suppressed: {
    before: () =>
      putSuppression(tools(), tenant, { address: "ada@example.com", until: undefined, note: undefined }),
    act: hand,
  },
  poison: {
    act: async () => {
      for (let turn = 0; turn < 40 && (await endings())[0] !== "poison"; turn++) {
        world.now = Math.max(world.now, world.alarms.get(tenant) ?? 0) + MINUTE;
        await world.onAlarm(tenant);
        const life = new MortalLife(Number.POSITIVE_INFINITY, "before");
        world.answer = () => {
          life.kill();
          return new Promise<never>(() => {});
        };
        await Promise.race([world.consume(life), life.death]);
      }
    },
  },
  endpoint_deleted: {
    act: async () => {
      await world.ask((tools) => deleteTenant(tools, tenant));
      await world.onAlarm(tenant);
    },
  },
};

describe("an e-mail is wiped with its settling", () => {
  test.each(Object.entries(ways))("%s", async (ending, { rest, before, act }) => {
    await before?.();
    const id = await commit(rest);
    expect(await contents()).toEqual(["sealed"]);
    await act(id);
    expect(await endings()).toEqual([ending]);
    expect(await contents()).toEqual(["wiped"]);
  });

  test("cancelled as a whole, while its consumer is on its way, too", async () => {
    const id = await commit();
    await world.onAlarm(tenant);
    world.answer = async () => {
      await cancelWhole(tools(), tenant, id);
      return ACCEPTED;
    };
    await world.consume();
    expect(await endings()).toEqual(["by_request"]);
    expect(await contents()).toEqual(["wiped"]);
  });

  test("and not before: while it waits, is put off, or its tenant is paused", async () => {
    await commit({}, { deliverAt: new Date(world.now + MINUTE) });
    await hand();
    expect(await contents()).toEqual(["sealed"]);
    await setTenantPaused(tools(), tenant, true);
    world.now += MINUTE;
    await hand();
    expect(await contents()).toEqual(["sealed"]);
    world.answer = () => refused();
    await world.ask((tools) => setTenantPaused(tools, tenant, false));
    await hand();
    expect(await endings()).toEqual(["pending"]);
    expect(await contents()).toEqual(["sealed"]);
    world.answer = () => ACCEPTED;
    await world.runUntilIdle(tenant);
    expect(world.sent.map(({ payload }) => JSON.parse(payload).text)).toEqual(["493817", "493817"]);
    expect(await contents()).toEqual(["wiped"]);
  });

  test("alone: others of the tenant, and of its neighbours, stay", async () => {
    const other = await world.createTenant();
    await world.commit(other, { messages: [mail({ sensitive: true })] });
    await commit();
    await commit({ sensitive: false });
    const last = await commit();
    await cancelOne(tools(), tenant, last, EMAILS);
    expect(await contents()).toEqual(["sealed", null, "wiped"]);
    const kept = await env.DB.prepare("SELECT sealed FROM outbox_messages WHERE tenant_id = ?")
      .bind(other)
      .first("sealed");
    expect(kept).toMatch(/^s1\./);
  });

  test("wherever its consumer dies, it is sealed until it is on record", async () => {
    for (const side of ["before", "after"] as const) {
      for (let at = 1, died = true; died; at++) {
        world.answer = () => ACCEPTED;
        const id = await commit();
        await world.onAlarm(tenant);
        const life = new MortalLife(at, side);
        await Promise.race([world.consume(life), life.death]);
        died = life.isDead;
        await checkInvariants(env.DB, tenant);
        await cancelWhole(tools(), tenant, id);
        await checkInvariants(env.DB, tenant);
      }
    }
    expect(new Set(await contents())).toEqual(new Set(["wiped"]));
  });
});

describe("a replay of a wiped e-mail", () => {
  test("is refused, whatever became of it", async () => {
    const delivered = await commit();
    await hand();
    world.answer = () => REFUSED;
    const dead = await commit();
    await hand();
    const cancelled = await commit();
    await cancelOne(tools(), tenant, cancelled, EMAILS);
    for (const id of [delivered, dead, cancelled]) {
      await expect(replayOne(tools(), tenant, id, EMAILS)).rejects.toMatchObject({
        code: "content_wiped",
        failure: { messageId: id },
      });
    }
    await dismissOne(tools(), tenant, dead, EMAILS);
    expect(await endings()).toEqual(["delivered", "dismissed", "by_request"]);
    expect(world.sent).toHaveLength(2);
  });

  test("is refused while it is under way for being so", async () => {
    const id = await commit();
    await expect(replayOne(tools(), tenant, id, EMAILS)).rejects.toMatchObject({
      code: "delivery_not_settled",
    });
  });

  test("in bulk is passed over, and not counted", async () => {
    world.answer = () => REFUSED;
    await commit();
    await commit({ sensitive: false });
    await commit();
    await hand();
    expect(await endings()).toEqual(["given_up", "given_up", "given_up"]);
    const since = new Date(world.now - MINUTE).toISOString();
    const all = endpointReplayInput.parse({ since, dryRun: true });
    expect(await replayEndpoint(tools(), tenant, EMAILS, all)).toMatchObject({ matched: 1, left: 1 });
    expect(await replayDeadLetters(tools(), tenant, deadLetterInput.parse({}))).toMatchObject({
      matched: 1,
      replayed: 1,
      left: 0,
    });
    expect(await endings()).toEqual(["given_up", "pending", "given_up"]);
    expect(await dismissDeadLetters(tools(), tenant, deadLetterInput.parse({}))).toMatchObject({
      dismissed: 2,
    });
  });
});
