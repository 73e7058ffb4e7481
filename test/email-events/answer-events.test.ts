import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createEmailEvents } from "../../src/create-email-events.ts";
import { createOutbox, email, type OutboxEnv } from "../../src/index.ts";
import { ConfigError } from "../../src/platform/errors.ts";
import { resendEvent } from "../support/outside/email-events.ts";
import { sendgridKeys, sendgridWebhook } from "../support/outside/provider-webhooks.ts";

const outbox = createOutbox<OutboxEnv>({ createTenants: true, logger: () => {} });
const emailEvents = createEmailEvents(outbox);

const ask = async (path: string, init: RequestInit = {}, settings: object = {}) => {
  const request = new Request(`https://app.example/events/${path}`, { method: "POST", ...init });
  const response = await emailEvents.fetch(request, { ...env, ...settings } as OutboxEnv);
  return { status: response.status, headers: response.headers, body: await response.json() };
};

test("an app without the API takes the events of a provider where it mounts the reception", async () => {
  const tenant = `t-${crypto.randomUUID()}`;
  const { messages } = await outbox(env as OutboxEnv).commit(tenant, {
    messages: [email({ to: "ada@example.com", subject: "Hello", text: "Hello" })],
  });
  const message = messages[0]?.id as string;
  const webhook = resendEvent({ message, tenant });
  expect(await ask("resend", webhook)).toMatchObject({ status: 200, body: { recorded: 1 } });
  expect(await ask("resend", webhook)).toMatchObject({ status: 200, body: { recorded: 0, repeated: 1 } });
  const { deliveries } = await outbox(env as OutboxEnv).messages.get(tenant, message);
  expect(deliveries[0]?.recipients).toMatchObject([{ status: "bounced", bounce: "hard" }]);
  const { data } = await outbox(env as OutboxEnv).emails.list(tenant, {
    to: "ada@example.com",
    status: "bounced",
  });
  expect(data).toHaveLength(1);
});

test("and tells what is wrong: the method, the provider, its setting, its proof, its body", async () => {
  const { headers, body } = resendEvent({ message: "msg_1", tenant: "acme" });
  expect(await ask("resend", { method: "GET" })).toMatchObject({ status: 405 });
  expect(await ask("nobody")).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining("resend") },
  });
  expect(await ask("resend", { headers, body }, { RESEND_WEBHOOK_SECRET: "" })).toMatchObject({
    status: 404,
    body: { detail: "Set RESEND_WEBHOOK_SECRET to take events of resend." },
  });
  expect(await ask("resend", { headers, body: `${body} ` })).toMatchObject({ status: 401 });
  expect(await ask("resend", { headers, body: Uint8Array.from([0xff]) })).toMatchObject({ status: 400 });
  expect(await ask("resend", { headers, body: "x".repeat(1024 * 1024 + 1) })).toMatchObject({ status: 413 });
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
  expect(await ask("resend", { headers, body: broken })).toMatchObject({ status: 503 });
});

test("a setting or a database that fails is answered 5xx, so that the provider sends it again", async () => {
  const webhook = resendEvent({ message: "msg_0000000000000000000000", tenant: "acme" });
  expect(await ask("resend", webhook, { RESEND_WEBHOOK_SECRET: "whsec_" })).toMatchObject({ status: 500 });
  const broken = {
    prepare: () => {
      throw new Error("D1_ERROR: Network connection lost.");
    },
  };
  expect(await ask("resend", webhook, { DB: broken })).toMatchObject({ status: 503 });
});

test("of the events of one request those are on record that the database takes, and the provider sends it again", async () => {
  const tenant = `t-${crypto.randomUUID()}`;
  const { messages } = await outbox(env as OutboxEnv).commit(tenant, {
    messages: [email({ to: "ada@example.com", subject: "Hello", text: "Hello" })],
  });
  const ids = { "outbox-message": messages[0]?.id, "outbox-tenant": tenant };
  const events = ["sg-1", "sg-bad", "sg-2"].map((sg_event_id) => ({
    ...{ event: "deferred", email: "ada@example.com", sg_event_id, response: "451 later" },
    ...ids,
  }));
  const { publicKey, privateKey } = await sendgridKeys();
  const webhook = await sendgridWebhook(privateKey, events, Date.now());
  const settings = { SENDGRID_WEBHOOK_KEY: publicKey };
  await env.DB.prepare(`
    CREATE TRIGGER refuses BEFORE INSERT ON outbox_email_events WHEN NEW.id LIKE '% sg-bad %'
    BEGIN SELECT RAISE(ABORT, 'refused by a constraint'); END`).run();
  expect(await ask("sendgrid", webhook, settings)).toMatchObject({ status: 500 });
  const recorded = async () =>
    (
      await env.DB.prepare("SELECT id FROM outbox_email_events WHERE tenant_id = ? ORDER BY id")
        .bind(tenant)
        .all()
    ).results.map(({ id }) => id);
  expect(await recorded()).toEqual(["sendgrid sg-1 ada@example.com", "sendgrid sg-2 ada@example.com"]);
  await env.DB.prepare("DROP TRIGGER refuses").run();
  expect(await ask("sendgrid", webhook, settings)).toMatchObject({ body: { recorded: 1, repeated: 2 } });
});

test("the reception is of an outbox, and of nothing else", () => {
  expect(() => createEmailEvents(() => ({}))).toThrow(ConfigError);
  expect(() => outbox.checkSettings({ ...env, SES_TOPIC_ARNS: "topic" } as OutboxEnv)).toThrow(
    "SES_TOPIC_ARNS",
  );
});
