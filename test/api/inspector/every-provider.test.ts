import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createApi } from "../../../src/create-api.ts";
import { dashboard } from "../../../src/dashboard/dashboard.ts";
import { createOutbox, emailProviders, type OutboxEnv } from "../../../src/index.ts";
import { insidesOf } from "../../../src/insides.ts";
import { smtp } from "../../../src/smtp.ts";
import { dispatchWith } from "../../support/outside/dispatch.ts";
import { createHook, type Hook } from "../../support/outside/receiver.ts";
import { never } from "../../support/outside/signals.ts";

/** Settings of each provider, whose address is a hook's. */
const HTTP: Record<string, (url: string) => object> = {
  resend: (url) => ({ RESEND_API_KEY: "re_1", RESEND_BASE_URL: url }),
  postmark: (url) => ({ POSTMARK_SERVER_TOKEN: "pm", POSTMARK_BASE_URL: url }),
  sendgrid: (url) => ({ SENDGRID_API_KEY: "SG.1", SENDGRID_BASE_URL: url }),
  mailgun: (url) => ({ MAILGUN_API_KEY: "mg", MAILGUN_DOMAIN: "mg.example.com", MAILGUN_BASE_URL: url }),
  ses: (url) => ({
    ...{ SES_ACCESS_KEY_ID: "AKIA", SES_SECRET_ACCESS_KEY: "secret", SES_REGION: "eu-west-1" },
    SES_BASE_URL: url,
  }),
};

/** A way of sending, and how often it was tried. */
interface Way {
  given: object;
  email?: () => ReturnType<typeof smtp>;
  /** Undefined: it tells by its reply alone. */
  tried?: () => Promise<number>;
}

const overHttp = (hook: Hook, given: object): Way => ({
  given,
  tried: async () => (await hook.received()).length,
});

const WAYS: [name: string, open: () => Promise<Way>][] = [
  ...Object.entries(HTTP).map(([name, settings]): [string, () => Promise<Way>] => [
    name,
    async () => {
      const hook = await createHook({ status: 503 });
      return overHttp(hook, { EMAIL_PROVIDER: name, ...settings(hook.url) });
    },
  ]),
  [
    "binding",
    async () => {
      let sent = 0;
      const send = async () => ({ messageId: `<${++sent}@example.com>` });
      return { given: { EMAIL_PROVIDER: "binding", EMAIL: { send } }, tried: async () => sent };
    },
  ],
  // Nobody listens at this port: what is tried is refused.
  ["smtp", async () => ({ given: {}, email: () => smtp({ host: "127.0.0.1", port: 9, security: "none" }) })],
];

const ADA = "ada@ourteam.example";
const BOB = "bob@example.com";

/** Sends by a way, and tells whether the e-mail was kept. */
function sender({ given, email }: Way, more: object) {
  const settings = { ...env, EMAIL_DEV: "", EMAIL_DEV_ALLOW: "", ...given, ...more } as unknown as OutboxEnv;
  const outbox = createOutbox<OutboxEnv>({ emailProviders, ...(email && { email }) });
  createApi(outbox, { dashboard: dashboard() });
  const channel = insidesOf<OutboxEnv>(outbox)?.hostOf(settings).channel("email", "acme");
  const endpoint = { id: "ep_email", target: "", headers: null, secretHeaders: null, secrets: [] };
  return async (recipients: object) => {
    const payload = JSON.stringify({ subject: "Hello", text: "Hello", ...recipients });
    const dispatch = dispatchWith({
      ...{ eventType: "email", payload },
      endpoint: { ...endpoint, payloadFormat: "standard" },
    });
    const reply = await channel?.deliver(dispatch, never());
    return reply?.kind === "accepted" && /^(Kept in the mailbox|Not sent: )/.test(reply.excerpt ?? "");
  };
}

describe.each(WAYS)("development reaches by %s", (_, open) => {
  test("nobody, unless it is told so", async () => {
    const way = await open();
    expect(await sender(way, {})({ to: [BOB] })).toBe(true);
    expect((await way.tried?.()) ?? 0).toBe(0);
  });

  test("nobody but whom it may, in any of the fields", async () => {
    const way = await open();
    const send = sender(way, { EMAIL_DEV: "live", EMAIL_DEV_ALLOW: "*@ourteam.example" });
    for (const given of [{ to: [BOB] }, { to: [ADA, BOB] }, { cc: [BOB] }, { bcc: [BOB] }]) {
      expect(await send({ to: [ADA], ...given }), JSON.stringify(given)).toBe(true);
    }
    expect((await way.tried?.()) ?? 0).toBe(0);
    expect(await send({ to: [ADA], cc: [`Eve <eve@OurTeam.example>`] })).toBe(false);
    expect((await way.tried?.()) ?? 1).toBe(1);
  });
});
