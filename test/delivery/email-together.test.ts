/** E-mails that are sensitive, held in doubt and to several, all at once. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import { emailChannel } from "../../src/channels/email/email.ts";
import { UNCERTAIN } from "../../src/domain/email-status.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { email } from "../../src/outbox/message.ts";
import { everything } from "../support/database/everything.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { deliveriesOf } from "../support/database/rows.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { Post } from "../support/outside/post.ts";
import { vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

const SECRET = "code-771204-qzx";
const CODES = email({
  to: ["ada@example.com", "bob@example.com", "eve@example.com"],
  subject: "Your code",
  text: SECRET,
  sensitive: true,
  onUncertain: "hold",
});

let world: World;
let tenant: string;
let post: Post;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
  post = new Post();
  world.emailChannels.set(tenant, emailChannel(post, "us@example.com", ownDesk(world.clock)));
});
afterEach(() => checkInvariants(env.DB, tenant));

const replay = (id: string) => world.ask((tools) => replayOne(tools, tenant, id, "ep_email"));

test("each recipient's is sealed, one in doubt is held, and all are wiped, so that a replay is refused", async () => {
  const { messages } = await world.commit(tenant, { messages: [CODES] });
  const ids = messages[0]?.emails?.map(({ id }) => id) ?? [];
  expect(await everything(env.DB)).not.toContain(SECRET);
  post.losses.push(temporary("connection_lost"));
  await world.runUntilIdle(tenant);
  expect(post.sent.toSorted()).toEqual(ids.toSorted());
  const rows = await deliveriesOf(tenant);
  expect(rows.map(({ state }) => state).toSorted()).toEqual(["dead", "delivered", "delivered"]);
  expect(rows.find(({ state }) => state === "dead")).toMatchObject({ reason: UNCERTAIN, excerpt: null });
  expect(await everything(env.DB)).not.toContain(SECRET);
  for (const id of ids) await expect(replay(id)).rejects.toMatchObject({ code: "content_wiped" });
});

test("a key that is not there leaves a held one unsent, and not in doubt", async () => {
  const { vault } = world;
  await world.commit(tenant, { messages: [CODES] });
  world.vault = vaultWith("k2");
  await world.onAlarm(tenant);
  await world.consume();
  expect(post.asked).toEqual([]);
  world.vault = vault;
  for (let hour = 0; hour < 2; hour++) {
    world.now += 3_600_000;
    await world.runUntilIdle(tenant);
  }
  expect((await deliveriesOf(tenant)).map(({ state }) => state)).toEqual(Array(3).fill("delivered"));
  expect(post.sent).toHaveLength(3);
});
