import { describe, expect, test, vi } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import {
  dropEmail,
  guardedProvider,
  type Keep,
  keepingProvider,
} from "../../src/channels/email/development.ts";
import type { EmailProvider, Envelope } from "../../src/channels/email/provider.ts";
import { inBatches } from "../../src/email-batches.ts";
import { never } from "../support/outside/signals.ts";

const envelopeTo = (given: Partial<Envelope>): Envelope => ({
  from: "us@example.com",
  to: ["ada@example.com"],
  subject: "Hello",
  text: "Hello",
  ...{ tenantId: "acme", messageId: "msg_1", committedAt: 0, attempt: 1, idempotencyKey: "msg_1/ep_email" },
  ...given,
});

/** A provider behind a list, with what it sent, and what was kept instead and why. */
function guarded(...allow: string[]) {
  const sent: string[][] = [];
  const kept: (string | null)[] = [];
  const keep: Keep = async (_, reason) => {
    kept.push(reason);
    return { kind: "accepted", httpStatus: null, excerpt: "kept" };
  };
  const live: EmailProvider = {
    account: { name: "of-the-team" },
    idempotencySeconds: 60,
    async send({ to }) {
      sent.push([...to]);
      return { kind: "accepted", id: "sent", httpStatus: 200, excerpt: null };
    },
    batch: inBatches({
      most: 100,
      async send(envelopes, key) {
        sent.push([key, ...envelopes.flatMap(({ to }) => to)]);
        if (key === "busy") return temporary("busy");
        return envelopes.map(({ to }) => ({
          kind: "accepted",
          id: `sent to ${to}`,
          httpStatus: 200,
          excerpt: null,
        }));
      },
    }),
  };
  return { provider: guardedProvider(live, keep, allow), live, sent, kept };
}

describe("in development, with a list of allowed addresses,", () => {
  test.each([
    [{ to: ["Ada <ADA@Example.com>"] }],
    [{ to: ["bob@ourteam.example"], cc: ["eve@OURTEAM.example"], bcc: ["ada@example.com"] }],
    [{ to: ['"Lovelace, Ada" <"ada b"@ourteam.example>'] }],
  ])("an e-mail to nobody else is sent: %o", async (given) => {
    const { provider, sent, kept } = guarded("ada@example.com", "*@ourteam.example");
    expect(await provider.send(envelopeTo(given), never())).toMatchObject({ id: "sent" });
    expect([sent.length, kept]).toEqual([1, []]);
  });

  test.each([
    [{ to: ["bob@example.com"] }, "bob@example.com"],
    [{ to: ["ada@example.com", "Bob <bob@example.com>"] }, "Bob <bob@example.com>"],
    [{ cc: ["bob@evil.example"] }, "bob@evil.example"],
    [{ bcc: ["bob@evil.example", "eve@evil.example"] }, "bob@evil.example, eve@evil.example"],
    [{ to: ["bob@mail.ourteam.example"] }, "bob@mail.ourteam.example"],
    [{ to: ['"x@ourteam.example"@evil.example'] }, '"x@ourteam.example"@evil.example'],
    [{ to: ["ada+1@example.com"] }, "ada+1@example.com"],
    // Nothing that the outbox commits: even so it goes to nobody.
    [{ to: ["a@evil.example, ada@example.com"] }, "a@evil.example, ada@example.com"],
  ])("an e-mail to anybody else is kept, and says why: %o", async (given, refused) => {
    const { provider, sent, kept } = guarded("ada@example.com", "*@ourteam.example");
    expect(await provider.send(envelopeTo(given), never())).toMatchObject({ excerpt: "kept" });
    expect(sent).toEqual([]);
    expect(kept).toEqual([`Not sent: EMAIL_DEV_ALLOW does not allow ${refused}.`]);
  });

  test("of several e-mails at once those are sent that may be, and each gets its own answer", async () => {
    const { provider, sent, kept } = guarded("ada@example.com", "cy@example.com");
    const envelopes = ["bob", "ada", "eve", "cy"].map((name) => envelopeTo({ to: [`${name}@example.com`] }));
    const replies = await provider.batch?.send(envelopes, "key", never());
    expect(replies).toMatchObject([
      { excerpt: "kept" },
      { id: "sent to ada@example.com" },
      { excerpt: "kept" },
      { id: "sent to cy@example.com" },
    ]);
    expect(sent).toEqual([["key", "ada@example.com", "cy@example.com"]]);
    expect(kept).toHaveLength(2);
    await provider.batch?.send([envelopeTo({ to: ["bob@example.com"] })], "none", never());
    expect(sent).toHaveLength(1);
    expect(await provider.batch?.send(envelopes, "busy", never())).toMatchObject({ error: "busy" });
  });

  test("the account and the keys are those of the provider", () => {
    const { provider } = guarded("ada@example.com");
    expect(provider).toMatchObject({ account: { name: "of-the-team" }, idempotencySeconds: 60 });
  });
});

test("without a mailbox an e-mail of development goes to nobody, and its attempt says so", async () => {
  expect(await keepingProvider(dropEmail).send(envelopeTo({}), never())).toMatchObject({
    kind: "accepted",
    excerpt: "Not sent: ENVIRONMENT is development.",
  });
});

test("in a Worker that was built for production an e-mail of development waits, unless its settings refuse it", async () => {
  vi.stubEnv("NODE_ENV", "production");
  try {
    const { send } = keepingProvider(dropEmail);
    expect(await send(envelopeTo({}), never())).toMatchObject({
      ...{ kind: "temporary", scope: "account", error: "built_for_production" },
      excerpt: expect.stringContaining("Remove ENVIRONMENT, or set EMAIL_DEV to live"),
    });
    const { live } = guarded();
    const reply = await guardedProvider(live, dropEmail, ["cy@example.com"]).send(envelopeTo({}), never());
    expect(reply).toMatchObject({ kind: "accepted", excerpt: expect.stringContaining("ada@example.com") });
  } finally {
    vi.unstubAllEnvs();
  }
});
