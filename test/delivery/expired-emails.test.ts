/** E-mails that are not to be sent after an instant, through the real consumer. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email, event } from "../../src/outbox/message.ts";
import { setTenantPaused } from "../../src/registry/tenants.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf, statesOf } from "../support/database/rows.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { never } from "../support/outside/signals.ts";
import { World } from "../support/world.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let world: World;
let tenant: string;
let provider: BatchProvider;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  world.retrySchedule = [HOUR / SECOND, HOUR / SECOND];
  tenant = await world.createTenant();
  provider = new BatchProvider();
  const channel = emailChannel(provider, "us@example.com", ownDesk(world.clock));
  world.admit = channel.admit;
  world.batch = channel.batch;
  world.answer = (dispatch) => channel.deliver(dispatch, never());
});

afterEach(() => checkInvariants(env.DB, tenant));

/** An e-mail that expires in so many milliseconds. */
const mail = (ms?: number, orderingKey?: string) =>
  email(
    {
      to: "ada@example.com",
      subject: "Your code",
      text: "1234",
      ...(ms !== undefined && { expiresAt: new Date(world.now + ms) }),
    },
    { ...(orderingKey && { orderingKey }) },
  );
const commit = async (...messages: ReturnType<typeof mail>[]) =>
  (await world.commit(tenant, { messages })).messages.map(({ id }) => id);
const hand = async () => {
  await world.onAlarm(tenant);
  await world.consume();
};
const endings = async () =>
  (await deliveriesOf(tenant)).map(({ state, reason, attempts }) => [state, reason, attempts]);
const EXPIRED = ["cancelled", "expired", 0];

describe("an e-mail that has expired", () => {
  test.each([
    [-1, EXPIRED],
    [0, EXPIRED],
    [1, ["delivered", null, 1]],
  ])("%i ms before it would be sent", async (ms, ending) => {
    const [, other] = await commit(mail(ms), mail());
    await hand();
    expect(await endings()).toEqual([ending, ["delivered", null, 1]]);
    expect(provider.sent).toHaveLength(ms > 0 ? 2 : 1);
    expect(provider.sent).toContain(other);
  });

  test("while its tenant was paused, is cancelled when it would be sent", async () => {
    await world.ask((tools) => setTenantPaused(tools, tenant, true));
    await commit(mail(MINUTE), mail(HOUR));
    world.now += 2 * MINUTE;
    await hand();
    expect(await statesOf(tenant)).toEqual(["pending", "pending"]);
    await world.ask((tools) => setTenantPaused(tools, tenant, false));
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([EXPIRED, ["delivered", null, 1]]);
  });

  test("between two attempts, ends at that instant, and its last attempt stays on record", async () => {
    provider.alone.push(() => temporary("http_status", { httpStatus: 503 }));
    await commit(mail(10 * MINUTE));
    const expiresAt = world.now + 10 * MINUTE;
    await hand();
    await world.runUntilIdle(tenant);
    expect(await deliveriesOf(tenant)).toMatchObject([
      { state: "cancelled", reason: "expired", attempts: 1, http_status: 503, settled_at: expiresAt },
    ]);
    expect(provider.requests).toHaveLength(1);
  });

  test("while its sender is refused, ends at that instant, without another call", async () => {
    provider.alone.push(() => refusedFor("sender", "invalid_from_address", { httpStatus: 422 }));
    await commit(mail());
    await hand();
    await commit(mail(5 * SECOND));
    const expiresAt = world.now + 5 * SECOND;
    await hand();
    expect(await deliveriesOf(tenant)).toMatchObject([{}, { state: "pending", due_at: expiresAt }]);
    world.now = expiresAt;
    await hand();
    expect((await endings())[1]).toEqual(EXPIRED);
    expect(provider.requests).toHaveLength(1);
  });

  test("while its account is refused, ends when it is looked at again", async () => {
    const refused = refusedFor("account", "suspended", { httpStatus: 403 });
    provider.alone.push(() => refused);
    await commit(mail(HOUR));
    await hand();
    const ids = await commit(mail(5 * SECOND), mail(5 * SECOND));
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([["delivered", null, 2], EXPIRED, EXPIRED]);
    expect(provider.sent.filter((id) => ids.includes(id))).toEqual([]);
  });

  test("while it waits for its turn, is left out of the request that it would share", async () => {
    world.admit = async () => ({ waitMs: 5 * SECOND });
    const ids = await commit(mail(), mail(2 * SECOND), mail());
    await hand();
    expect(provider.batches.map((request) => request.ids)).toEqual([[ids[0], ids[2]]]);
    const delivered = ["delivered", null, 1];
    expect(await endings()).toEqual([delivered, EXPIRED, delivered]);
    const [alone] = await commit(mail(2 * SECOND));
    await hand();
    expect(provider.sent).not.toContain(alone);
    expect((await endings())[3]).toEqual(EXPIRED);
  });

  test("frees its ordering key, also while it would have to be tried again", async () => {
    const ids = await commit(mail(-1, "a"), mail(undefined, "a"), mail(MINUTE, "b"), mail(undefined, "b"));
    const send = provider.send.bind(provider);
    provider.send = async (envelope) =>
      envelope.messageId === ids[2] ? temporary("http_status", { httpStatus: 503 }) : send(envelope);
    await hand();
    await hand();
    expect(await statesOf(tenant)).toEqual(["cancelled", "delivered", "pending", "pending"]);
    world.now += MINUTE;
    await world.runUntilIdle(tenant);
    expect((await deliveriesOf(tenant)).map(({ reason }) => reason)).toEqual([
      "expired",
      null,
      "expired",
      null,
    ]);
    expect(provider.sent.at(-1)).toBe(ids[3]);
  });

  test("goes out with the repetition of a shared request, as it was sent", async () => {
    const ids = await commit(mail(MINUTE), mail(MINUTE));
    provider.before.push(() => temporary("timeout"));
    await hand();
    await world.runUntilIdle(tenant);
    expect(provider.batches.length).toBeGreaterThan(1);
    for (const request of provider.batches) expect(request).toEqual(provider.batches[0]);
    expect(world.now).toBeGreaterThan(Date.parse("2026-11-23T12:01:00Z"));
    expect(provider.sent.toSorted()).toEqual(ids.toSorted());
    expect(await statesOf(tenant)).toEqual(["delivered", "delivered"]);
  });

  test("ends again when it is replayed", async () => {
    const [id] = await commit(mail(-1));
    await hand();
    await world.ask((tools) => replayOne(tools, tenant, id as string, "ep_email"));
    await world.runUntilIdle(tenant);
    expect(await endings()).toEqual([EXPIRED]);
    expect(provider.requests).toEqual([]);
  });
});

test("an expiry in the payload of an event is none", async () => {
  await world.createEndpoint(tenant);
  await world.commit(tenant, { messages: [event("a", { expiresAt: "2020-01-01T00:00:00Z" })] });
  await hand();
  expect(await statesOf(tenant)).toEqual(["delivered"]);
});
