import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Reply, temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { NO_HANDLERS } from "../../src/domain/handlers.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email, event, work } from "../../src/outbox/message.ts";
import { limits } from "../../src/platform/limits.ts";
import { readEndpoint } from "../../src/registry/endpoints.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { refused } from "../support/outside/replies.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TAKEN: Reply = { kind: "accepted", httpStatus: 200, excerpt: '{"id":"re_1"}' };

let world: World;
let tenant: string;
/** E-mails as the provider gets them. */
let sent: Envelope[];
/** What the provider answers. */
let answerTo: (envelope: Envelope) => Reply;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  sent = [];
  answerTo = () => TAKEN;
  useProvider();
});

afterEach(() => checkInvariants(env.DB, tenant));

function useProvider() {
  const provider: EmailProvider = {
    account: { name: "account" },
    send: async (envelope) => {
      sent.push(envelope);
      return answerTo(envelope);
    },
  };
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  world.admit = channel.admit;
  world.answer = (dispatch) => channel.deliver(dispatch, never());
}

const mail = (from?: string) =>
  email({ to: "ada@example.com", subject: "Hello", text: "Hello", ...(from && { from }) });
const commitMails = (count: number, from?: string, of = tenant) =>
  world.commit(of, { messages: Array.from({ length: count }, () => mail(from)) });
const health = () => readEndpoint({ db: env.DB }, tenant, "ep_email");
const ofSender = (address: string) => sent.filter(({ from }) => from.includes(address));
const UNVERIFIED = refusedFor("sender", "E_SENDER_NOT_VERIFIED");

/** Time passes, and the relay works, until an instant. */
async function runUntil(at: number, of = tenant) {
  for (let turn = 0; turn < 500; turn++) {
    const alarmAt = world.alarms.get(of) ?? Number.POSITIVE_INFINITY;
    if (world.queued.length === 0 && alarmAt > at) break;
    world.now = Math.max(world.now, Math.min(alarmAt, at));
    if (alarmAt <= world.now) await world.onAlarm(of);
    await world.consume();
  }
  world.now = Math.max(world.now, at);
}

describe("a refusal of the message, or of a recipient", () => {
  test.each(["message", "recipient"] as const)("is final, and no matter of others: %s", async (scope) => {
    answerTo = () => refusedFor(scope, "no");
    await commitMails(2 * limits.breakerAttempts);
    await runUntil(world.now + 1000);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["dead"]));
    expect((await deliveriesOf(tenant)).map(({ attempts }) => attempts)).toEqual(Array(20).fill(1));
    expect(await health()).toMatchObject({ heldUntil: null, failingSince: null });
  });
});

describe("a sender that is not set up", () => {
  beforeEach(() => {
    answerTo = ({ from }) => (from.includes("new@") ? UNVERIFIED : TAKEN);
  });

  test("holds up nobody else: a sign-in code beside twelve of its e-mails is sent at once", async () => {
    await commitMails(12, "new@example.com");
    await runUntil(world.now + 1);
    await commitMails(1);
    const committedAt = world.now;
    await runUntil(committedAt + 1500);
    expect(ofSender("us@")).toHaveLength(1);
    expect(await health()).toMatchObject({ heldUntil: null, failingSince: null });
  });

  test("is tried once in ten minutes, and uses up no attempt", async () => {
    world.retrySchedule = [1, 1];
    await commitMails(12, "new@example.com");
    await runUntil(world.now + 1);
    const before = sent.length;
    await runUntil(world.now + limits.emailSenderHoldMs * 3 + MINUTE);
    expect(sent.length - before).toBeLessThanOrEqual(4);
    expect(sent.length - before).toBeGreaterThanOrEqual(3);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["pending"]));
    const used = (await deliveriesOf(tenant)).map((one) => one.attempts - one.schedule_from - one.spared);
    expect(new Set(used)).toEqual(new Set([0]));
  });

  test("sends all of it once it is set up", async () => {
    await commitMails(12, "new@example.com");
    await runUntil(world.now + 1);
    answerTo = () => TAKEN;
    await runUntil(world.now + limits.emailSenderHoldMs * 1.3 + limits.emailProbeMs * 1.3);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(new Set(sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(12);
  });

  test("ends as late as its schedule would, with an attempt of its own", async () => {
    world.retrySchedule = [DAY / 1000, DAY / 1000];
    await commitMails(3, "new@example.com");
    await runUntil(world.now + 2 * DAY - MINUTE);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["pending"]));
    await runUntil(world.now + HOUR);
    const ended = await deliveriesOf(tenant);
    expect(new Set(ended.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
      new Set(["dead exhausted"]),
    );
    expect(ended.every(({ attempts }) => attempts > 0)).toBe(true);
  });

  test("is told on the attempt, and the delivery waits for a retry", async () => {
    const { messages } = await commitMails(1, "new@example.com");
    await runUntil(world.now + 1);
    const { deliveries } = await readMessage(env.DB, tenant, messages[0]?.id ?? "");
    expect(deliveries).toMatchObject([
      { state: "pending", attempts: [{ number: 1, outcome: "retry", error: "E_SENDER_NOT_VERIFIED" }] },
    ]);
  });
});

describe("an account that refuses everybody", () => {
  const wrongKey = refusedFor("account", "invalid_api_key", { httpStatus: 401 });

  test("is asked by one e-mail after another, with longer waits; nothing is lost, and no attempt used up", async () => {
    world.retrySchedule = [DAY / 1000];
    answerTo = () => wrongKey;
    await commitMails(40);
    const other = await world.createTenant();
    await runUntil(world.now + 1);
    const before = sent.length;
    expect(before).toBeLessThanOrEqual(limits.concurrentSends);
    await commitMails(5, undefined, other);
    await runUntil(world.now + 1, other);
    expect(sent.length).toBe(before);
    await runUntil(world.now + HOUR);
    expect(sent.length - before).toBeLessThan(16);
    answerTo = () => TAKEN;
    await runUntil(world.now + HOUR);
    await runUntil(world.now + HOUR, other);
    expect(new Set(await statesOf(tenant))).toEqual(new Set(["delivered"]));
    expect(new Set(await statesOf(other))).toEqual(new Set(["delivered"]));
  });
});

describe("an account that asks for fewer", () => {
  test("is not asked before its time, and no attempt is used up by it", async () => {
    world.retrySchedule = [];
    let asked = 3;
    answerTo = () =>
      asked-- > 0
        ? refusedFor("provider", "rate_limit_exceeded", { httpStatus: 429, retryAfterMs: 7000, spares: true })
        : TAKEN;
    await commitMails(1);
    const at = world.now;
    await runUntil(at + 6900);
    expect(sent).toHaveLength(1);
    await runUntil(at + 5 * MINUTE);
    expect(await statesOf(tenant)).toEqual(["delivered"]);
    expect(sent).toHaveLength(4);
  });
});

describe("endpoints that nobody made", () => {
  test("of e-mails: stays enabled, however long the provider fails", async () => {
    world.retrySchedule = Array(9).fill(DAY / 1000);
    answerTo = () => temporary("http_status", { httpStatus: 500 });
    await commitMails(1);
    await runUntil(world.now + 8 * DAY);
    expect(await health()).toMatchObject({ state: "enabled" });
    expect((await health()).failingSince).not.toBeNull();
  });

  test("of a handler: stays enabled, however long it fails", async () => {
    world.handlers = { ...NO_HANDLERS, names: new Set(["charge"]), forWork: new Set(["charge"]) };
    world.retrySchedule = Array(9).fill(DAY / 1000);
    world.answer = () => refused();
    await world.commit(tenant, { messages: [work("charge", 1)] });
    await runUntil(world.now + 8 * DAY);
    expect(await readEndpoint({ db: env.DB }, tenant, "ep_handler_charge")).toMatchObject({
      state: "enabled",
    });
  });

  test("a webhook is disabled, as before", async () => {
    const id = await world.createEndpoint(tenant, { retrySchedule: Array(9).fill(DAY / 1000) });
    world.answer = () => refused();
    await world.commit(tenant, { messages: [event("a", 1)] });
    await runUntil(world.now + 8 * DAY);
    expect(await readEndpoint({ db: env.DB }, tenant, id)).toMatchObject({ state: "disabled" });
  });
});

describe("a replay by a person", () => {
  const replayed = async (id: string) => {
    await world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));
    await runUntil(world.now + MINUTE);
  };

  test("of an accepted e-mail sends another one: it has another key each time, and a retry keeps it", async () => {
    const { messages } = await commitMails(1);
    const id = messages[0]?.id ?? "";
    await runUntil(world.now + 1);
    let failures = 1;
    answerTo = () => (failures-- > 0 ? temporary("connection_lost") : TAKEN);
    await replayed(id);
    await replayed(id);
    const key = `${id}/ep_email`;
    expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      key,
      `${key}/r1`,
      `${key}/r1`,
      `${key}/r2`,
    ]);
  });

  test("of a dead one keeps its key: an answer that was lost may have accepted it", async () => {
    world.retrySchedule = [];
    answerTo = () => temporary("uncertain", { httpStatus: 200 });
    const { messages } = await commitMails(1);
    const id = messages[0]?.id ?? "";
    await runUntil(world.now + 1);
    expect(await statesOf(tenant)).toEqual(["dead"]);
    answerTo = () => TAKEN;
    await replayed(id);
    expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual(Array(2).fill(`${id}/ep_email`));
  });
});
