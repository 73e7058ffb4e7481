/** Commits of sensitive e-mails: what they are refused for, and what their idempotency keys stand for. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fingerprintOf } from "../../src/outbox/fingerprint.ts";
import { draftMessages, email, event } from "../../src/outbox/message.ts";
import { everything } from "../support/database/everything.ts";
import { checkInvariants } from "../support/database/invariants.ts";
import { NO_VAULT, vaultWith } from "../support/secrets/vaults.ts";
import { World } from "../support/world.ts";

let world: World;
let tenant: string;

beforeEach(async () => {
  world = new World(env.DB);
  world.emailFrom = "us@example.com";
  tenant = await world.createTenant();
});

afterEach(() => checkInvariants(env.DB, tenant));

const content = { to: "ada@example.com", subject: "Your code", text: "493817" };
const sensitive = (rest: object = {}) => email({ ...content, sensitive: true, ...rest });
const rowsOf = async () => {
  const { results } = await env.DB.prepare("SELECT sealed, payload FROM outbox_messages WHERE tenant_id = ?")
    .bind(tenant)
    .all<{ sealed: string | null; payload: string }>();
  return results;
};

describe("an idempotency key", () => {
  const request = (code: string) => ({
    messages: [sensitive({ text: code })],
    idempotencyKey: "sign-in",
  });

  test("stands for the content as given, and tells it to nobody who tries", async () => {
    const first = await world.commit(tenant, request("493817"));
    const again = await world.commit(tenant, request("493817"));
    expect(again).toMatchObject({ duplicate: true, messages: [{ id: first.messages[0]?.id }] });
    await expect(world.commit(tenant, request("493818"))).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
    const drafts = draftMessages(request("493817").messages, world.now, world.random);
    expect(await everything(env.DB)).not.toContain(fingerprintOf(drafts));
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
  });

  test("is that of a commit under a former key, also under one that is gone", async () => {
    await world.commit(tenant, request("1"));
    world.vault = vaultWith("k2", "k1");
    expect(await world.commit(tenant, request("1"))).toMatchObject({ duplicate: true });
    await expect(world.commit(tenant, request("2"))).rejects.toMatchObject({ code: "idempotency_conflict" });
    for (const vault of [vaultWith("k2"), NO_VAULT]) {
      world.vault = vault;
      expect(await world.commit(tenant, request("1"))).toMatchObject({ duplicate: true });
    }
  });

  test("of another commit is no repetition of a sensitive one, and the other way round", async () => {
    const plain = { messages: [event("a", 1)], idempotencyKey: "plain" };
    await world.commit(tenant, plain);
    await expect(world.commit(tenant, { ...request("1"), idempotencyKey: "plain" })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
    await world.commit(tenant, request("1"));
    await expect(world.commit(tenant, { ...plain, idempotencyKey: "sign-in" })).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
  });
});

describe("a commit is refused, and leaves nothing behind,", () => {
  const expectRefused = async (message: object, fault: RegExp, field = "sensitive") => {
    const refusal = world.commit(tenant, { messages: [event("a", 1), message as never] });
    await expect(refusal).rejects.toMatchObject({
      code: "invalid_input",
      failure: { fields: [{ path: `messages[1].payload.${field}`, message: expect.stringMatching(fault) }] },
    });
    expect(await rowsOf()).toEqual([]);
  };

  test("without SECRET_KEYS", async () => {
    world.vault = NO_VAULT;
    await expectRefused(sensitive(), /SECRET_KEYS/);
  });

  test("in a Worker without the option", async () => {
    world.takesSensitive = false;
    await expectRefused(sensitive(), /sensitiveEmails.+edge-outbox\/sensitive-emails/);
  });

  test("if it is for an endpoint beside", async () => {
    const endpoint = await world.createEndpoint(tenant);
    await expectRefused({ ...sensitive(), endpointIds: ["ep_email", endpoint] }, /email\(\)/);
    await expectRefused({ ...sensitive(), eventType: "order.placed" }, /email\(\)/);
  });

  test.each(["subject", "text", "html"])(
    "if its %s is as it is shown, as a message that was read",
    async (field) => {
      await expectRefused(sensitive({ [field]: "[sealed]" }), /give the content/, field);
    },
  );

  test("and one that is not sensitive asks for neither", async () => {
    world.vault = NO_VAULT;
    world.takesSensitive = false;
    await world.commit(tenant, { messages: [email({ ...content, sensitive: false })] });
    expect(await rowsOf()).toEqual([{ sealed: null, payload: expect.stringContaining("493817") }]);
    await world.runUntilIdle(tenant);
    expect(world.sent).toHaveLength(1);
  });
});
