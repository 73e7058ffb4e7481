import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DeskOf, emailChannel } from "../../src/channels/email/email.ts";
import type { EmailProvider } from "../../src/channels/email/provider.ts";
import { refusedFor } from "../../src/channels/email/providers/refused.ts";
import { email } from "../../src/outbox/message.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { statesOf } from "../support/database/rows.ts";
import { BatchProvider } from "../support/outside/batch-provider.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { World } from "../support/world.ts";

let world: World;
let deskOf: DeskOf;
let tenants: string[];

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  deskOf = ownDesk(world.clock);
  tenants = [await world.createTenant(), await world.createTenant()];
});
afterEach(async () => {
  for (const tenant of tenants) await checkInvariants(env.DB, tenant);
});

/** Gives a tenant a provider of its own. */
function give(tenant = "", account: string | undefined = undefined): BatchProvider {
  const provider = new BatchProvider();
  const { account: _, ...unnamed } = { ...provider, send: provider.send.bind(provider) };
  const given: EmailProvider = account === undefined ? unnamed : { ...unnamed, account: { name: account } };
  world.emailChannels.set(tenant, emailChannel(given, "us@example.com", deskOf));
  return provider;
}

const mail = email({ to: "ada@example.com", subject: "Hello", text: "Hello" });
/** Commits two e-mails of each tenant, and hands them to one invocation. */
async function sendAll() {
  const ids = [];
  for (const tenant of tenants) {
    const { messages } = await world.commit(tenant, { messages: [mail, mail] });
    ids.push(messages.map(({ id }) => id));
    await world.onAlarm(tenant);
  }
  await world.consume();
  return ids;
}

test("e-mails of tenants with accounts of their own share no request, though they send as one address", async () => {
  const providers = [give(tenants[0], "one"), give(tenants[1], "two")];
  const ids = await sendAll();
  expect(providers.map(({ batches }) => batches.map(({ ids }) => ids))).toEqual(ids.map((both) => [both]));
});

test("an e-mail goes by itself where the account is not named: it may be another one than the next tenant's", async () => {
  const providers = [give(tenants[0]), give(tenants[1])];
  const ids = await sendAll();
  expect(providers.map(({ requests }) => requests.map(({ ids }) => ids))).toEqual(
    ids.map((both) => both.map((id) => [id])),
  );
});

test("a tenant whose provider cannot be made holds up no other one, and its e-mails go out when it can", async () => {
  const broken = give(tenants[0], "one");
  const sound = give(tenants[1], "two");
  const { emailChannels } = world;
  const find = emailChannels.get.bind(emailChannels);
  emailChannels.get = (tenant) => {
    if (tenant === tenants[0]) throw new Error("acme has no key");
    return find(tenant);
  };
  const [ofBroken = [], ofSound] = await sendAll();
  expect(sound.sent).toEqual(ofSound);
  expect(broken.sent).toEqual([]);
  emailChannels.get = find;
  await world.runUntilIdle(tenants[0] ?? "");
  expect(broken.sent.toSorted()).toEqual(ofBroken.toSorted());
});

test("an account that is suspended holds up no other tenant", async () => {
  const suspended = give(tenants[0], "one");
  const sound = give(tenants[1], "two");
  suspended.before.push(() => refusedFor("account", "suspended_api_key", { httpStatus: 403 }));
  const [, ofSound = []] = await sendAll();
  expect(sound.sent).toEqual(ofSound);
  expect(await statesOf(tenants[0] ?? "")).toEqual(["pending", "pending"]);
  expect(await statesOf(tenants[1] ?? "")).toEqual(["delivered", "delivered"]);
});
