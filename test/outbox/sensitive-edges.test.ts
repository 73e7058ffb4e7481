/** Sensitive e-mails where keys are gone, and where others speak of them. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { email, event } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { everything } from "../support/database/everything.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  world.retrySchedule = [60];
  tenant = await world.createTenant();
});
afterEach(() => checkInvariants(env.DB, tenant));

const secret = (given: object = {}) =>
  email({ to: "ada@example.com", subject: "Code", text: "code-118273-qzx", sensitive: true, ...given });
const commit = (...messages: Parameters<World["commit"]>[1]["messages"]) =>
  world.commit(tenant, { messages, idempotencyKey: "k" });

test.each([
  ["other recipients", [secret({ to: ["eve@example.com", "bob@example.com"] })]],
  ["fewer recipients", [secret({ to: ["ada@example.com", "bob@example.com"] })]],
  ["fewer messages", [secret({ to: ["ada@example.com", "bob@example.com", "cyd@example.com"] })].slice(1)],
  ["an event of its own", [secret(), event("z", 1)]],
])("a repetition with %s is a conflict, also where the key is gone", async (_, messages) => {
  const first = secret({ to: ["ada@example.com", "bob@example.com", "cyd@example.com"] });
  await commit(first, event("a", 1));
  world.vault = vaultWith("k2");
  if (messages.length === 0) messages.push(event("a", 1) as never);
  await expect(commit(...messages)).rejects.toMatchObject({ code: "idempotency_conflict" });
});

test("a repetition whose key is gone counts as equal where all that is readable is", async () => {
  const [first] = (await commit(secret())).messages;
  world.vault = vaultWith("k2");
  const again = await commit(secret({ text: "another code" }));
  expect(again).toMatchObject({ duplicate: true, messages: [{ id: first?.id }] });
});

test("a missing key uses up no attempt: the e-mail goes out once it is back", async () => {
  const [one] = (await commit(secret())).messages;
  const { vault } = world;
  world.vault = vaultWith("k2");
  for (let hour = 0; hour < 20; hour++) {
    await world.onAlarm(tenant);
    await world.consume();
    world.now += 3_600_000;
  }
  expect(await statesOf(tenant)).toEqual(["pending"]);
  world.vault = vault;
  await world.runUntilIdle(tenant);
  expect(await statesOf(tenant)).toEqual(["delivered"]);
  expect((await readMessage(env.DB, tenant, one?.id ?? "", world.now)).content).toBe("wiped");
});

test("words of a mail server about it, which may quote it, are neither kept nor announced", async () => {
  const [one] = (await commit(secret())).messages;
  await world.runUntilIdle(tenant);
  const tags = { tenantId: tenant, messageId: one?.id ?? "" };
  const bounce = eventWith({
    tags,
    status: "hard_bounced",
    recipients: ["ada@example.com"],
    detail: "554 spam: code-118273-qzx",
  });
  const { db, clock, random, log } = world;
  expect(await recordEvents({ db, clock, random, log, wake: () => {} } as never, [bounce])).toMatchObject({
    recorded: 1,
  });
  expect(await everything(env.DB)).not.toContain("118273");
});

test("a header that nobody could read is refused, as its text is", async () => {
  await expect(commit(secret({ headers: { "X-Code": "[sealed]" } }))).rejects.toThrow(
    "messages[0].payload.headers.X-Code: stands for content that nobody can read; give the content",
  );
});
