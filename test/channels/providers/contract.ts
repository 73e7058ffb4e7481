import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RefusalScope } from "../../../src/channels/channel.ts";
import { emailChannel } from "../../../src/channels/email/email.ts";
import { envelopeOf as envelopeFrom } from "../../../src/channels/email/envelope.ts";
import type { EmailFile, EmailProvider, Envelope } from "../../../src/channels/email/provider.ts";
import { type EmailContent, emailContent } from "../../../src/domain/email-content.ts";
import { headerBytes } from "../../../src/domain/email-headers.ts";
import { parseMailbox } from "../../../src/platform/mailbox-address.ts";
import { LONGEST_HEADERS } from "../../../src/unsubscribe/settings.ts";
import { writeLink } from "../../../src/unsubscribe/write-link.ts";
import { dispatchWith } from "../../support/outside/dispatch.ts";
import { ownDesk } from "../../support/outside/email-desk.ts";
import type { Box, Turn } from "../../support/outside/email-servers/boxes.ts";
import { type Taken, type TakenFile, unfolded } from "../../support/outside/email-servers/taken.ts";
import { attemptTime, never } from "../../support/outside/signals.ts";
import { eventually } from "../../support/runner/eventually.ts";
import { linksWith } from "../../support/secrets/links.ts";
import { hostileEmail } from "./hostile-email.ts";

/** A provider with its stand-in. */
export interface Counter {
  provider: EmailProvider;
  /** Says what its next exchanges are. */
  program(...turns: Turn[]): Promise<void>;
  look(): Promise<Box>;
}

/** A documented refusal, or one that nobody knows. */
export interface Refused {
  turn: Turn;
  scope: RefusalScope;
  /** Class of the error. Left out: `http_status`. */
  error?: string;
  /** True: a later attempt may succeed, though it is the matter of one recipient. */
  passes?: boolean;
}

/** A refusal that asks for patience, and the wait that it asks for. */
export interface Waiting {
  turn: Turn;
  /** Left out: it names none. */
  waitMs?: number;
}

/** One provider's side of the contract. */
export interface Stand {
  name: string;
  /** Page of the documentation that the table is from, and the day on which it was read. */
  source: string;
  /** Time at which the provider is called; its requests may differ by nothing else. */
  open(now?: () => number): Promise<Counter>;
  /** Requests without what tells the time of the attempt. */
  timeless?(box: Box): unknown;
  refusals: Refused[];
  waits: Waiting[];
  /** Refusals whose quota is used up: all wait for the account. */
  quotas: Turn[];
  /** Answers of success without an id. */
  idless: Turn[];
  /** Secrets that it was given. */
  secrets: readonly string[];
}

const NOW = Date.UTC(2026, 10, 30, 12);

const content = {
  to: ["Ada <ada@example.com>", "grace@example.com"],
  cc: ["cc@example.com"],
  bcc: ["bcc@example.com"],
  replyTo: ["Support <help@example.com>"],
  subject: "Your order",
  text: "We have it.",
  html: "<p>We have it.</p>",
};
const ids = { tenantId: "acme", messageId: "msg_1", committedAt: NOW, idempotencyKey: "msg_1/ep_email" };
const envelopeOf = (given: Partial<Envelope> = {}): Envelope => ({
  ...content,
  ...ids,
  from: "Us <us@example.com>",
  attempt: 1,
  ...given,
});

const FILES: EmailFile[] = [
  {
    filename: "Größe 山 (1).pdf",
    type: "application/pdf",
    content: btoa(String.fromCharCode(...Array(256).keys())),
  },
  { filename: "lines.txt", type: "text/plain", content: btoa("\u00e9\n.\n..\r\nFrom me\r") },
  { filename: "logo.png", type: "image/png", content: btoa("\u0089PNG\r\n"), contentId: "logo@shop.example" },
];

const unquoted = (address: string) =>
  address.replace(/^"(.*)"@/, (_, local) => `${local.replace(/\\(.)/g, "$1")}@`);
const mailboxOf = (printed = "") => unquoted(parseMailbox(printed)?.email ?? printed);
const inSmallLetters = (headers: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), unfolded(value)]));
/** Files in any order: a reader of MIME shows those of the HTML first. */
const filesOf = (files: readonly TakenFile[] = []) =>
  files.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
/** Mailgun tells files of the HTML by their names alone. */
const named = (provider: string, files: readonly EmailFile[] = []) =>
  files.map(({ contentId, ...file }) => ({
    ...file,
    ...(contentId && { contentId }),
    ...(contentId && provider === "mailgun" && { filename: contentId }),
  }));
const distinct = (addresses: string[]) => [...new Set(addresses)].toSorted();

/** The suite that every provider passes. */
export function describeProvider(stand: Stand): void {
  const { name, source, open } = stand;
  const openWith = async (...turns: Turn[]) => {
    const counter = await open(() => NOW);
    await counter.program(...turns);
    return counter;
  };
  const sendWith = async (turn: Turn, given: Partial<Envelope> = {}) =>
    (await openWith(turn)).provider.send(envelopeOf(given), never());

  describe(`the e-mail provider ${name}`, () => {
    test("hands an e-mail over with all of its parts, and the ids that come back", async () => {
      const { provider, look } = await openWith();
      const reply = await provider.send(envelopeOf(), never());
      const { emails } = await look();
      expect(emails).toMatchObject([
        {
          from: ["us@example.com"],
          to: ["ada@example.com", "grace@example.com"],
          cc: ["cc@example.com"],
          bcc: ["bcc@example.com"],
          replyTo: ["help@example.com"],
          subject: "Your order",
          headers: {},
          tags: {},
        },
      ]);
      const expected = { "outbox-message": "msg_1", "outbox-tenant": "acme" };
      if (name !== "binding") expect(emails[0]?.ids).toEqual(expected);
      expect(reply).toMatchObject({ kind: "accepted", id: expect.stringContaining(emails[0]?.id ?? "?") });
    });

    test("hands headers and tags over, beside the ids", async () => {
      const { provider, look } = await openWith();
      const headers = {
        "In-Reply-To": "<1@example.com>",
        "List-Unsubscribe": "<https://example.com/u?id=1>, <mailto:u@example.com>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Campaign": `Größe, "山" 🎉 ${"a long line ".repeat(20)}end`,
      };
      const tags = { event: "order-7", email: "x", category: "receipt" };
      await provider.send(envelopeOf({ headers, tags }), never());
      const [email] = (await look()).emails;
      expect(email?.headers).toEqual(inSmallLetters(headers));
      expect(email?.tags).toEqual(tags);
      if (name !== "binding")
        expect(email?.ids).toEqual({ "outbox-message": "msg_1", "outbox-tenant": "acme" });
    });

    test.each([
      ["beside it", FILES.slice(0, 2)],
      ["in its HTML", FILES.slice(2)],
      ["both", FILES],
    ])("hands files over byte for byte: %s", async (_, attachments) => {
      const { provider, look } = await openWith();
      const { kind } = await provider.send(envelopeOf({ attachments }), never());
      const { emails } = await look();
      expect(kind).toBe("accepted");
      expect(emails[0]).toMatchObject({ text: content.text, html: content.html, to: emails[0]?.to });
      expect(filesOf(emails[0]?.files)).toEqual(filesOf(named(name, attachments)));
    });

    test("hands the longest unsubscribe link over whole", async () => {
      const { provider, look } = await openWith();
      const links = { ...linksWith("k".repeat(32)), url: `https://example.com/${"u".repeat(108)}` };
      // 253 characters: the most that the server of the stand-in takes, and SMTP has one or two more.
      const to = `${"l".repeat(64)}@${`${"d".repeat(62)}.`.repeat(2)}${"d".repeat(59)}.io`;
      const email = { to, subject: "News", text: "News", topic: "t".repeat(64) };
      const payload = await writeLink(links, "i".repeat(64), email, "");
      const { unsubscribe } = payload as { unsubscribe: string };
      const ordered = envelopeFrom({ ...direct, payload: JSON.stringify(payload) }, "us@example.com");
      if ("kind" in ordered) throw new Error(`The e-mail is refused: ${ordered.error}`);
      expect(await provider.send(ordered.envelope, never())).toMatchObject({ kind: "accepted" });
      const longest = {
        "List-Unsubscribe": `<${unsubscribe}>`,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      };
      expect((await look()).emails[0]?.headers).toEqual(inSmallLetters(longest));
      expect(headerBytes(longest)).toBeGreaterThan(780);
      expect(headerBytes(longest)).toBeLessThanOrEqual(LONGEST_HEADERS);
    });

    test("answers go to several addresses, or it says that they cannot", async () => {
      const { provider, look } = await openWith();
      const replyTo = ['"Us, all" <us@example.com>', "help@example.com", "HELP@example.com"];
      const reply = await provider.send(envelopeOf({ replyTo }), never());
      const { emails, requests } = await look();
      if (name === "binding") {
        expect(reply).toMatchObject({ kind: "permanent", scope: "message", error: "binding_reply_to" });
        return expect(requests).toEqual([]);
      }
      expect(distinct(emails[0]?.replyTo.map((one) => one.toLowerCase()) ?? [])).toEqual([
        "help@example.com",
        "us@example.com",
      ]);
    });

    describe(`tells whom a refusal is about, by ${source}`, () => {
      test.each(stand.refusals.map((one) => [`${JSON.stringify(one.turn)} ${one.scope}`, one] as const))(
        "%s",
        async (_, { turn, scope, error = "http_status", passes }) => {
          const isFinal = (scope === "message" || scope === "recipient") && !passes;
          const reply = await sendWith(turn);
          expect(reply).toMatchObject({ kind: isFinal ? "permanent" : "temporary", scope, error });
          expect(reply).not.toHaveProperty("spares");
        },
      );
    });

    test.each(stand.idless)("a success without an id is uncertain: %j", async (turn) => {
      expect(await sendWith(turn)).toMatchObject({ kind: "temporary", error: "uncertain" });
    });

    describe("asked for patience, uses up no attempt", () => {
      test.each(stand.waits)("%j", async ({ turn, waitMs }) => {
        const spared = { kind: "temporary", scope: "provider", spares: true };
        expect(await sendWith(turn)).toMatchObject({ ...spared, retryAfterMs: waitMs ?? null });
      });
    });

    test.each(stand.quotas)("a quota that is used up is the account's: %j", async (turn) => {
      expect(await sendWith(turn)).toMatchObject({ kind: "temporary", scope: "account" });
    });

    test.each([[undefined], [FILES]])(
      "sends the same bytes at every attempt, with its files %#",
      async (files) => {
        let now = NOW;
        const counter = await open(() => now);
        const given = files ? { attachments: files } : {};
        await counter.provider.send(envelopeOf(given), never());
        now += 3_600_000;
        await counter.provider.send(envelopeOf({ ...given, attempt: 7 }), never());
        const box = await counter.look();
        expect(box.requests).toHaveLength(2);
        const requests = (stand.timeless?.(box) ?? box.requests) as unknown[];
        expect(requests[1]).toEqual(requests[0]);
      },
    );

    describeLosses(stand, openWith);
    describeSecrets(stand, sendWith);
    describeRecipients(stand);
  });
}

type OpenWith = (...turns: Turn[]) => Promise<Counter>;

/** Endings that leave open whether the e-mail was taken, each with whether it was. */
const LOSSES = [
  ["drop", 0],
  ["taken-drop", 1],
  ["half", 1],
] as const;
const direct = dispatchWith({
  eventType: "email",
  payload: JSON.stringify(content),
  committedAt: NOW,
  endpoint: {
    id: "ep_email",
    target: "",
    headers: null,
    secretHeaders: null,
    payloadFormat: "standard",
    secrets: [],
  },
});

function describeLosses({ name }: Stand, openWith: OpenWith): void {
  const isKnown = ({ provider }: Counter) => (provider.idempotencySeconds ?? 0) > 0;

  /** Sends again, as the schedule would, and counts the e-mails. */
  async function repeat(counter: Counter, takenBefore: number): Promise<void> {
    const reply = await counter.provider.send(envelopeOf({ attempt: 2 }), never());
    expect(reply.kind).toBe("accepted");
    const { emails } = await counter.look();
    expect(emails).toHaveLength(isKnown(counter) ? 1 : takenBefore + 1);
  }

  test.each(LOSSES)("an answer that is lost: %s", async (instead, taken) => {
    const counter = await openWith({ instead });
    const reply = await counter.provider.send(envelopeOf(), never());
    expect((await counter.look()).emails).toHaveLength(taken);
    // The id in a header has come all the same.
    if (name === "sendgrid" && instead === "half") return expect(reply).toMatchObject({ kind: "accepted" });
    if (!isKnown(counter) || instead === "half") expect(reply).toMatchObject({ error: "uncertain" });
    expect(reply.kind).toBe("temporary");
    return repeat(counter, taken);
  });

  test.each([
    ["hang", 0],
    ["taken-hang", 1],
  ] as const)("no answer within the time of an attempt: %s", async (instead, taken) => {
    const counter = await openWith({ instead });
    const time = attemptTime();
    const sent = emailChannel(counter.provider, "us@example.com", ownDesk()).deliver(direct, time.signal);
    await eventually(async () => expect((await counter.look()).requests).toHaveLength(1));
    time.end();
    const error = isKnown(counter) ? "timeout" : "uncertain";
    expect(await sent).toMatchObject({ kind: "temporary", error });
    await repeat(counter, taken);
  });
}

type SendWith = (turn: Turn) => ReturnType<EmailProvider["send"]>;

function describeSecrets({ secrets }: Stand, sendWith: SendWith): void {
  test.each([200, 401])(
    "keeps its secrets out of excerpts, should it echo what it was sent: %i",
    async (status) => {
      const { excerpt } = await sendWith({ instead: "echo", status });
      for (const secret of secrets) {
        expect(excerpt).not.toContain(secret);
        expect(excerpt).not.toContain(btoa(secret));
      }
      if (secrets.length > 0) expect(excerpt).toContain("[redacted]");
    },
  );
}

const SEED = 20_261_130;

/** Addresses that an e-mail goes to, those that it shows, and those it is from, as the stand-in has read them. */
const read = ({ from, to, cc, bcc, replyTo, headers, tags, files }: Taken) => ({
  all: distinct([...to, ...cc, ...bcc]),
  // A stand-in that has the envelope alone tells the others by it.
  shown: distinct([...to, ...cc]),
  from,
  replyTo: distinct(replyTo),
  headers,
  tags,
  files: filesOf(files),
});

const printed = ({ to, cc = [], bcc = [], replyTo, headers, tags = {} }: EmailContent, from: string) => ({
  all: distinct([...to, ...cc, ...bcc].map(mailboxOf)),
  shown: distinct([...to, ...cc].map(mailboxOf)),
  from: [mailboxOf(from)],
  replyTo: distinct([replyTo ?? []].flat().map(mailboxOf)),
  headers: inSmallLetters(headers),
  tags,
});

function describeRecipients({ name, open }: Stand): void {
  test("goes to those whom the outbox has read, with its headers and files, and to nobody else, whatever stands in its fields", async () => {
    const counter = await open(() => NOW);
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(hostileEmail, async (given) => {
        const { data } = emailContent.safeParse(given);
        if (!data) return;
        const from = data.from ?? "us@example.com";
        const { replyTo, attachments, ...rest } = data;
        const files = attachments as EmailFile[] | undefined;
        const answers = {
          ...(replyTo !== undefined && { replyTo: [replyTo].flat() }),
          ...(files && { attachments: files }),
        };
        const key = { idempotencyKey: `msg_${taken}/ep_email` };
        const envelope = { ...rest, ...answers, ...ids, ...key, from, attempt: 1 };
        const reply = await counter.provider.send(envelope, never());
        // SMTP cannot say some addresses, and its servers do not read others: the e-mail then goes to nobody.
        if (reply.kind === "accepted") taken++;
        else expect(reply.error).toMatch(/^(smtp_(address|501)|binding_reply_to)$/);
        const { emails } = await counter.look();
        expect(emails).toHaveLength(taken);
        if (reply.kind === "accepted") {
          const expected = { ...printed(data, from), files: filesOf(named(name, files)) };
          expect(emails.map(read).at(-1)).toEqual(expected);
        }
      }),
      { numRuns: 400, seed: SEED },
    );
    expect(taken).toBeGreaterThan(40);
  });
}
