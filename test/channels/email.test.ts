import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Channel, Dispatch } from "../../src/channels/channel.ts";
import { bindingProvider } from "../../src/channels/email/binding.ts";
import { type EmailProvider, emailChannel } from "../../src/channels/email/email.ts";
import { Mailbox, type MailboxAnswer, mailboxProvider } from "../../src/channels/email/mailbox.ts";
import { resendProvider } from "../../src/channels/email/resend.ts";
import { systemClock as clock, systemRandom as random } from "../../src/platform/clock.ts";
import { mailboxLimits } from "../../src/platform/development-limits.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createHook } from "../support/outside/receiver.ts";
import type { Answer } from "../support/outside/receiver-server.ts";
import { attemptTime, never } from "../support/outside/signals.ts";

const content = {
  to: ["Ada <ada@example.com>", "grace@example.com"],
  cc: ["cc@example.com"],
  bcc: ["bcc@example.com"],
  replyTo: "Support <help@example.com>",
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
const mailboxAnswering = (answer: MailboxAnswer) => async () => {
  const mailbox = new Mailbox();
  mailbox.answer = answer;
  return mailboxProvider(mailbox, { clock, random });
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
    accepting: mailboxAnswering("accepted"),
    failing: mailboxAnswering("temporary"),
    refusing: mailboxAnswering("permanent"),
    hanging: mailboxAnswering("never"),
  },
};

describe.each(Object.entries(STANDS))("every e-mail provider: %s", (_, stand) => {
  const channel = async (provider: Promise<EmailProvider>): Promise<Channel> =>
    emailChannel(await provider, "us@example.com");

  test("says that it took an e-mail, and under which id", async () => {
    const reply = await (await channel(stand.accepting())).deliver(direct, never());
    expect(reply).toMatchObject({ kind: "accepted", excerpt: expect.stringMatching(/.+/) });
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
    expect(await reply).toMatchObject({ kind: "temporary", error: "timeout" });
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
    expect(await envelopeFor(direct)).toEqual({
      ...content,
      from: "us@example.com",
      idempotencyKey: "msg_1/ep_email",
    });
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
    expect(JSON.parse(request?.body ?? "")).toEqual({ ...rest, reply_to: replyTo, from: "us@example.com" });
  });

  test.each([200, 401])("its key is not kept, should it echo what it was sent: %i", async (status) => {
    const provider = await resendAnswering({ status, instead: "echo" })();
    const { excerpt } = await emailChannel(provider, "us@example.com").deliver(direct, never());
    expect(excerpt).toContain('"authorization":"Bearer [redacted]"');
    expect(excerpt).not.toContain("re_key");
  });

  test.each([
    [400, "permanent"],
    [422, "permanent"],
    [401, "temporary"],
    [403, "temporary"],
    [409, "temporary"],
    [429, "temporary"],
    [500, "temporary"],
  ])("%i is %s", async (status, kind) => {
    const provider = await resendAnswering({ status, headers: { "retry-after": "7" } })();
    const reply = await emailChannel(provider, "us@example.com").deliver(direct, never());
    expect(reply).toMatchObject({ kind, httpStatus: status, retryAfterMs: 7_000 });
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

  test.each([
    ["E_VALIDATION_ERROR", "permanent"],
    ["E_SENDER_NOT_VERIFIED", "temporary"],
    ["E_HEADER_NOT_ALLOWED", "permanent"],
    ["E_RATE_LIMIT_EXCEEDED", "temporary"],
    ["E_DELIVERY_FAILED", "temporary"],
    ["E_SOMETHING_NEW", "temporary"],
  ])("%s is %s", async (code, kind) => {
    const reply = await emailChannel(await throwing(code)(), "us@example.com").deliver(direct, never());
    expect(reply).toMatchObject({ kind, error: code });
  });

  test("a daily limit is waited out for an hour", async () => {
    const reply = await emailChannel(await throwing("E_DAILY_LIMIT_EXCEEDED")(), "us@example.com").deliver(
      direct,
      never(),
    );
    expect(reply).toMatchObject({ kind: "temporary", retryAfterMs: 3_600_000 });
  });
});

describe("the mailbox", () => {
  const sendTo = async (mailbox: Mailbox, dispatch = direct) =>
    emailChannel(mailboxProvider(mailbox, { clock, random }), "us@example.com").deliver(dispatch, never());

  test("keeps all of an e-mail, with its headers and its answer, the newest first", async () => {
    const mailbox = new Mailbox();
    const reply = await sendTo(mailbox);
    mailbox.answer = "permanent";
    await sendTo(mailbox, { ...direct, messageId: "msg_2" });
    const [second, first] = mailbox.emails.list();
    expect(first).toMatchObject({
      ...content,
      from: "us@example.com",
      answer: "accepted",
      headers: { "X-Entity-Ref-ID": "msg_1/ep_email", "Message-ID": expect.any(String) },
    });
    expect(reply).toMatchObject({ excerpt: first?.headers["Message-ID"] });
    expect(second).toMatchObject({ answer: "permanent", idempotencyKey: "msg_2/ep_email" });
    expect(mailbox.emails.find(first?.id ?? "")).toBe(first);
  });

  test("forgets the oldest e-mails beyond its number, and beyond its size", async () => {
    const mailbox = new Mailbox();
    for (let n = 0; n <= mailboxLimits.most; n++) await sendTo(mailbox, { ...direct, messageId: `msg_${n}` });
    const kept = mailbox.emails.list().map(({ idempotencyKey }) => idempotencyKey);
    expect(kept).toHaveLength(mailboxLimits.most);
    expect([kept[0], kept.at(-1)]).toEqual([`msg_${mailboxLimits.most}/ep_email`, "msg_1/ep_email"]);
    const text = "x".repeat(mailboxLimits.mostSize / 2);
    const large = { ...direct, payload: JSON.stringify({ ...content, text }) };
    await sendTo(mailbox, large);
    await sendTo(mailbox, large);
    expect(mailbox.emails.list()).toHaveLength(1);
  });
});
