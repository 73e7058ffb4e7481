import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { type Channel, type Dispatch, type RefusalScope, temporary } from "../../src/channels/channel.ts";
import { keepingProvider } from "../../src/channels/email/development.ts";
import { emailChannel as channelWith } from "../../src/channels/email/email.ts";
import type { EmailProvider } from "../../src/channels/email/provider.ts";
import { bindingProvider } from "../../src/channels/email/providers/binding.ts";
import { resendProvider } from "../../src/channels/email/providers/resend.ts";
import type { MailboxPlay } from "../../src/mailbox/answers.ts";
import { mailboxWith } from "../support/mailbox.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { ownDesk } from "../support/outside/email-desk.ts";
import { createHook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { attemptTime, never } from "../support/outside/signals.ts";

const emailChannel = (provider: EmailProvider, from: string) => channelWith(provider, from, ownDesk());

const content = {
  to: ["Ada <ada@example.com>", "grace@example.com"],
  cc: ["cc@example.com"],
  bcc: ["bcc@example.com"],
  replyTo: ["Support <help@example.com>"],
  subject: "Your order",
  text: "We have it.",
  html: "<p>We have it.</p>",
};
const direct = dispatchWith({
  eventType: "email",
  payload: JSON.stringify(content),
  endpoint: {
    id: "ep_email",
    target: "",
    headers: null,
    secretHeaders: null,
    payloadFormat: "standard" as const,
    secrets: [],
  },
});

const ids = {
  tenantId: "acme",
  messageId: "msg_1",
  committedAt: 0,
  attempt: 1,
  idempotencyKey: "msg_1/ep_email",
};
const envelope = { ...content, from: "us@example.com", ...ids };

/** How a provider is made to succeed, to fail for now, and to fail for good. */
interface Stand {
  accepting: () => Promise<EmailProvider>;
  failing: () => Promise<EmailProvider>;
  refusing: () => Promise<EmailProvider>;
  hanging: () => Promise<EmailProvider>;
}

const throwing = (code: string) => async () =>
  bindingProvider({ send: () => Promise.reject(Object.assign(new Error("no"), { code })) });
const resendAnswering = (answer: Answer) => async () => {
  const { url } = await createHook(answer);
  return resendProvider({
    fetch: (...args) => fetch(...args),
    apiKey: "re_key",
    baseUrl: url,
    now: Date.now,
  });
};
const mailboxPlaying = (play: MailboxPlay) => async () => {
  const mailbox = mailboxWith();
  await mailbox.choose({ address: "*", play, times: null });
  return keepingProvider(mailbox.keep);
};

const STANDS: Record<string, Stand> = {
  binding: {
    accepting: async () => bindingProvider(env.EMAIL),
    failing: throwing("E_INTERNAL_SERVER_ERROR"),
    refusing: throwing("E_RECIPIENT_SUPPRESSED"),
    hanging: async () => bindingProvider({ send: () => new Promise(() => {}) }),
  },
  resend: {
    accepting: resendAnswering({ status: 200, body: '{"id":"re_1"}' }),
    failing: resendAnswering({ status: 500 }),
    refusing: resendAnswering({ status: 422, body: '{"name":"validation_error"}' }),
    hanging: resendAnswering({ instead: "hang" }),
  },
  mailbox: {
    accepting: mailboxPlaying("accepted"),
    failing: mailboxPlaying("temporary"),
    refusing: mailboxPlaying("permanent"),
    hanging: mailboxPlaying("never"),
  },
};

describe.each(Object.entries(STANDS))("every e-mail provider: %s", (name, stand) => {
  const channel = async (provider: Promise<EmailProvider>): Promise<Channel> =>
    emailChannel(await provider, "us@example.com");

  test("says that it took an e-mail, and under which id", async () => {
    const reply = await (await channel(stand.accepting())).deliver(direct, never());
    const said = { id: expect.stringMatching(/.+/), excerpt: expect.stringMatching(/.+/) };
    expect(reply).toMatchObject({ kind: "accepted", ...said });
  });

  test("tells what passes from what never will", async () => {
    const failed = await (await channel(stand.failing())).deliver(direct, never());
    expect(failed).toMatchObject({ kind: "temporary" });
    const refused = await (await channel(stand.refusing())).deliver(direct, never());
    expect(refused).toMatchObject({ kind: "permanent" });
  });

  test("does not outlast the signal", async () => {
    const time = attemptTime();
    const reply = (await channel(stand.hanging())).deliver(direct, time.signal);
    time.end();
    // The binding knows no keys: its e-mail may be sent twice.
    const error = name === "binding" ? "uncertain" : "timeout";
    expect(await reply).toMatchObject({ kind: "temporary", error });
  });

  test("a payload that is no e-mail never will be one", async () => {
    const broken = { ...direct, payload: '{"to":"nobody"}' };
    const reply = await (await channel(stand.accepting())).deliver(broken, never());
    expect(reply).toMatchObject({ kind: "permanent", error: "payload_invalid" });
  });
});

/** What the channel hands to a provider. */
async function envelopeFor(dispatch: Dispatch) {
  const envelopes: unknown[] = [];
  const provider: EmailProvider = {
    send: async (envelope) => {
      envelopes.push(envelope);
      return { kind: "accepted", httpStatus: null, excerpt: null };
    },
  };
  await emailChannel(provider, "us@example.com").deliver(dispatch, never());
  return envelopes[0];
}

describe("the e-mail channel", () => {
  test("an e-mail that a person has sent again after it was accepted has another key", async () => {
    expect(await envelopeFor({ ...direct, resends: 0 })).toMatchObject({ idempotencyKey: "msg_1/ep_email" });
    expect(await envelopeFor({ ...direct, resends: 2 })).toMatchObject({
      idempotencyKey: "msg_1/ep_email/r2",
    });
  });

  test.each<{ scope?: RefusalScope; httpStatus?: number }>([
    { scope: "sender" },
    { scope: "account" },
    { httpStatus: 429 },
  ])("a refusal of an app's own provider for others, too, uses up no attempt: %j", async (rest) => {
    const provider: EmailProvider = { send: async () => temporary("refused", rest) };
    const reply = await emailChannel(provider, "us@example.com").deliver(direct, never());
    expect(reply).toMatchObject({ kind: "temporary", spares: true });
  });

  test("nothing that a provider answers disables the endpoint of direct e-mails", async () => {
    const gone = { kind: "gone", error: "gone", httpStatus: 410, excerpt: null, retryAfterMs: null } as const;
    const provider: EmailProvider = { send: async () => gone };
    const reply = await emailChannel(provider, "us@example.com").deliver(direct, never());
    expect(reply).toMatchObject({ kind: "permanent", httpStatus: 410 });
  });

  test("waits for an app's own provider no longer than the signal says", async () => {
    const time = attemptTime();
    const deaf: EmailProvider = { send: () => new Promise(() => {}) };
    const reply = emailChannel(deaf, "us@example.com").deliver(direct, time.signal);
    time.end();
    expect(await reply).toMatchObject({ kind: "temporary", error: "timeout" });
  });

  test("knows the platform's refusal also where an app's own provider throws it", async () => {
    const fetching: EmailProvider = {
      send: async () => {
        throw new Error("Too many subrequests by single Worker invocation.");
      },
    };
    const reply = await emailChannel(fetching, "us@example.com").deliver(direct, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "platform_limit" });
  });

  test("sends a direct e-mail as it was committed, with the same idempotency key every time", async () => {
    expect(await envelopeFor(direct)).toEqual(envelope);
    expect(await envelopeFor({ ...direct, attempt: 2 })).toEqual({ ...envelope, attempt: 2 });
  });

  test("a sender of its own replaces the default", async () => {
    const from = "Shop <shop@example.com>";
    const dispatch = { ...direct, payload: JSON.stringify({ ...content, from }) };
    expect(await envelopeFor(dispatch)).toMatchObject({ from });
  });

  test("tells a subscribed address of the event", async () => {
    const endpoint = {
      id: "ep_1",
      target: "ops@example.com",
      headers: null,
      secretHeaders: null,
      payloadFormat: "standard" as const,
      secrets: [],
    };
    const dispatch = { ...direct, eventType: "order.placed", payload: '{"id":7}', endpoint };
    expect(await envelopeFor(dispatch)).toMatchObject({
      to: ["ops@example.com"],
      subject: "order.placed",
      text: expect.stringContaining('"id": 7'),
    });
  });
});

test("an e-mail about an event keeps its key as long as it says the same: a provider refuses other content under it", async () => {
  const endpoint = { ...direct.endpoint, id: "ep_1", target: "ops@example.com" };
  const keyWith = async (from: string, payload = '{"id":7}') => {
    const keys: string[] = [];
    const send: EmailProvider["send"] = async ({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      return { kind: "accepted", httpStatus: null, excerpt: null };
    };
    await emailChannel({ send }, from).deliver({ ...direct, payload, endpoint }, never());
    return keys[0];
  };
  const key = await keyWith("us@example.com");
  expect(key).toMatch(/^msg_1\/ep_1\/[0-9a-f]{12}$/);
  expect(await keyWith("us@example.com")).toBe(key);
  expect(await keyWith("others@example.com")).not.toBe(key);
  expect(await keyWith("us@example.com", '{"id":8}')).not.toBe(key);
});

describe("Resend", () => {
  test("gets what its API asks for", async () => {
    const hook = await createHook({ status: 200, body: '{"id":"re_1"}' });
    const tools = {
      fetch: (...args: Parameters<typeof fetch>) => fetch(...args),
      apiKey: "re_key",
      now: Date.now,
    };
    const channel = emailChannel(resendProvider({ ...tools, baseUrl: hook.url }), "us@example.com");
    await channel.deliver(direct, never());
    const [request] = await hook.received();
    expect(request?.headers).toMatchObject({
      authorization: "Bearer re_key",
      "idempotency-key": "msg_1/ep_email",
    });
    const { replyTo, ...rest } = content;
    const tags = [
      { name: "outbox-message", value: "msg_1" },
      { name: "outbox-tenant", value: "acme" },
    ];
    expect(JSON.parse(request?.body ?? "")).toEqual({
      ...rest,
      reply_to: replyTo[0],
      from: "us@example.com",
      tags,
    });
  });

  test.each([200, 401])("its key is not kept, should it echo what it was sent: %i", async (status) => {
    const provider = await resendAnswering({ status, instead: "echo" })();
    const { excerpt } = await emailChannel(provider, "us@example.com").deliver(direct, never());
    expect(excerpt).toContain('"authorization":"Bearer [redacted]"');
    expect(excerpt).not.toContain("re_key");
  });

  test.each<[status: number, name: string, message: string, scope: RefusalScope]>([
    [400, "invalid_idempotency_key", "The key must be between 1-256 chars.", "message"],
    [400, "validation_error", "We found an error with one or more fields in the request.", "message"],
    [400, "validation_error", "API key is invalid", "account"],
    [401, "validation_error", "API key is invalid", "account"],
    [401, "missing_api_key", "Missing API key in the authorization header.", "account"],
    [401, "restricted_api_key", "This API key is restricted to only send emails.", "account"],
    [401, "restricted_api_key", "This API key is not allowed to send from that domain.", "sender"],
    [403, "invalid_api_key", "API key is invalid.", "account"],
    [403, "suspended_api_key", "This API key is suspended.", "account"],
    [403, "validation_error", "You can only send testing emails to your own email address.", "sender"],
    [403, "validation_error", "The example.com domain is not verified.", "sender"],
    [404, "not_found", "The requested endpoint does not exist.", "account"],
    [405, "method_not_allowed", "This endpoint does not support this method.", "account"],
    [409, "invalid_idempotent_request", "Same key, different payload.", "message"],
    [409, "concurrent_idempotent_requests", "The original request is still in progress.", "provider"],
    [422, "invalid_attachment", "Attachment must have either a content or path.", "message"],
    [422, "invalid_from_address", "Invalid from field.", "sender"],
    [422, "invalid_access", "Access must be ...", "message"],
    [422, "invalid_parameter", "The parameter must be a valid UUID.", "message"],
    [422, "invalid_region", "Region must be ...", "message"],
    [422, "missing_required_field", "The request body is missing fields.", "message"],
    [429, "daily_quota_exceeded", "You have reached your daily quota.", "account"],
    [429, "monthly_quota_exceeded", "You have reached your monthly quota.", "account"],
    [429, "rate_limit_exceeded", "Too many requests.", "provider"],
    [451, "security_error", "We may have found a security issue.", "message"],
    [500, "application_error", "An unexpected error occurred.", "provider"],
    [500, "internal_server_error", "An unexpected error occurred.", "provider"],
    [403, "a_new_error", "Nobody knows it.", "provider"],
    [422, "a_new_error", "Nobody knows it.", "provider"],
  ])("%i %s (%s) is a matter of the %s", async (statusCode, name, message, scope) => {
    const answer = { status: statusCode, body: JSON.stringify({ statusCode, name, message }) };
    const provider = await resendAnswering({ ...answer, headers: { "retry-after": "7" } })();
    const reply = await provider.send(envelope, never());
    const isFinal = scope === "message" || scope === "recipient";
    const kind = isFinal ? "permanent" : "temporary";
    expect(reply).toMatchObject({ kind, scope, error: name, httpStatus: statusCode, retryAfterMs: 7_000 });
  });

  test.each([400, 403, 404, 422, 500, 502])("%i of a proxy is a matter of the provider", async (status) => {
    const provider = await resendAnswering({ status, body: "<html>Bad gateway</html>" })();
    expect(await provider.send(envelope, never())).toMatchObject({ kind: "temporary", scope: "provider" });
  });

  test("who asks for fewer requests uses up no attempt, and is not asked again before its time", async () => {
    const body = '{"name":"rate_limit_exceeded"}';
    const spared = { kind: "temporary", spares: true };
    const asked = await resendAnswering({ status: 429, body, headers: { "ratelimit-reset": "3" } })();
    expect(await asked.send(envelope, never())).toMatchObject({ ...spared, retryAfterMs: 3_000 });
    const proxy = await resendAnswering({ status: 429, body: "slow down" })();
    expect(await proxy.send(envelope, never())).toMatchObject(spared);
  });

  test("says how many requests a second it takes", async () => {
    const body = '{"id":"re_1"}';
    const ten = await resendAnswering({ status: 200, body, headers: { "ratelimit-limit": "10" } })();
    expect(await ten.send(envelope, never())).toMatchObject({ kind: "accepted", perSecond: 10 });
    const headers = { "ratelimit-limit": "100", "ratelimit-policy": "100;w=20" };
    const five = await resendAnswering({ status: 200, body, headers })();
    expect(await five.send(envelope, never())).toMatchObject({ perSecond: 5 });
  });

  test.each<[string, Answer]>([
    ["a page of a proxy", { status: 200, body: "<html>Welcome</html>" }],
    ["nothing", { status: 200, body: "" }],
    ["no id", { status: 200, body: '{"object":"email"}' }],
    ["an empty id", { status: 200, body: '{"id":""}' }],
    ["an id that is none", { status: 200, body: '{"id":7}' }],
    ["half a body", { status: 200, body: '{"id":"re_1","obj', instead: "break" }],
  ])("200 with %s is uncertain: the e-mail may have been taken", async (_, answer) => {
    const provider = await resendAnswering(answer)();
    const reply = await provider.send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "uncertain", httpStatus: 200 });
  });
});

describe("the binding", () => {
  test("gets addresses with their names", async () => {
    const sent: unknown[] = [];
    const send = async (builder: unknown) => {
      sent.push(builder);
      return { messageId: "m_1" };
    };
    await emailChannel(bindingProvider({ send }), "Us <us@example.com>").deliver(direct, never());
    expect(sent).toMatchObject([
      {
        from: { email: "us@example.com", name: "Us" },
        to: [{ email: "ada@example.com", name: "Ada" }, "grace@example.com"],
        replyTo: { email: "help@example.com", name: "Support" },
        headers: { "X-Entity-Ref-ID": "msg_1/ep_email" },
      },
    ]);
  });

  test.each<[code: string, scope: RefusalScope]>([
    ["E_VALIDATION_ERROR", "message"],
    ["E_FIELD_MISSING", "message"],
    ["E_TOO_MANY_RECIPIENTS", "message"],
    ["E_CONTENT_TOO_LARGE", "message"],
    ["E_HEADER_NOT_ALLOWED", "message"],
    ["E_RECIPIENT_SUPPRESSED", "recipient"],
    ["E_RECIPIENT_NOT_ALLOWED", "recipient"],
    ["E_SENDER_NOT_VERIFIED", "sender"],
    ["E_SENDER_DOMAIN_NOT_AVAILABLE", "sender"],
    ["E_DAILY_LIMIT_EXCEEDED", "account"],
    ["E_RATE_LIMIT_EXCEEDED", "provider"],
    ["E_INTERNAL_SERVER_ERROR", "provider"],
    ["E_DELIVERY_FAILED", "provider"],
    ["E_SOMETHING_NEW", "provider"],
  ])("%s is a matter of the %s", async (code, scope) => {
    const reply = await (await throwing(code)()).send(envelope, never());
    const isFinal = scope === "message" || scope === "recipient";
    expect(reply).toMatchObject({ kind: isFinal ? "permanent" : "temporary", scope, error: code });
  });

  test("who asks for fewer uses up no attempt", async () => {
    const reply = await (await throwing("E_RATE_LIMIT_EXCEEDED")()).send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", spares: true });
  });

  test("an answer without an id is uncertain", async () => {
    const binding = { send: async () => ({}) as { messageId: string } };
    const reply = await bindingProvider(binding).send(envelope, never());
    expect(reply).toMatchObject({ kind: "temporary", error: "uncertain" });
  });

  test("a daily limit is waited out for an hour", async () => {
    const reply = await emailChannel(await throwing("E_DAILY_LIMIT_EXCEEDED")(), "us@example.com").deliver(
      direct,
      never(),
    );
    expect(reply).toMatchObject({ kind: "temporary", retryAfterMs: 3_600_000 });
  });
});
