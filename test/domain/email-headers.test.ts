import fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import { emailContent } from "../../src/domain/email-content.ts";
import { checked } from "../../src/platform/check.ts";
import { OutboxError } from "../../src/platform/errors.ts";

const base = { to: "ada@example.com", subject: "Hello", text: "Hello" };
const parse = (more: object) => checked(emailContent, { ...base, ...more });

/** Fields and messages of a refusal. */
function refusalOf(more: object): { path: string; message: string }[] {
  try {
    parse(more);
  } catch (error) {
    if (error instanceof OutboxError && error.failure.code === "invalid_input") return error.failure.fields;
    throw error;
  }
  return [];
}

const withHeaders = (headers: Record<string, string>) => refusalOf({ headers });

describe("headers of an e-mail", () => {
  test("are X-…, and those that every provider takes, in any case, without spaces around their values", () => {
    const headers = {
      "X-Team_1": "  blue ",
      "x-entity-ref-id": "7",
      "in-reply-to": "<1@example.com>",
      References: "<1@example.com> <2@example.com>",
      "List-Unsubscribe": "<https://example.com/u>, <mailto:u@example.com>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      "Auto-Submitted": "auto-generated",
      "Content-Language": "de",
      Importance: "high",
      Comments: "Größe 山 🎉",
    };
    expect(parse({ headers }).headers).toEqual({ ...headers, "X-Team_1": "blue" });
  });

  test.each([
    ["From", "from"],
    ["TO", "to"],
    ["cc", "cc"],
    ["Bcc", "bcc"],
    ["Subject", "subject"],
    ["reply-to", "replyTo"],
  ])("%s has a field of its own, which is named", (name, field) => {
    expect(withHeaders({ [name]: "x@example.com" })).toEqual([
      { path: `headers.${name}`, message: `has a field of its own: give ${field} instead` },
    ]);
  });

  test.each([
    ...["Message-ID", "Date", "Content-Type", "content-transfer-encoding", "MIME-Version", "Return-Path"],
    ...["DKIM-Signature", "Received", "Feedback-ID", "ARC-Seal", "TLS-Required", "Sender", "Resent-From"],
  ])("%s is set anyway", (name) => {
    const message = "is set by the outbox or the provider; leave it out";
    expect(withHeaders({ [name]: "x" })).toEqual([{ path: `headers.${name}`, message }]);
  });

  test.each([
    ...["X-Outbox-Message", "X-Outbox-Tag-a", "X-SES-MESSAGE-TAGS", "x-smtpapi", "X-Mailgun-Variables"],
    ...["X-PM-Metadata-outbox-tenant", "X-MC-Tags", "X-MSYS-API"],
  ])("%s would be an order to a provider", (name) => {
    const message = "is an order to a provider; choose another name";
    expect(withHeaders({ [name]: "x" })).toEqual([{ path: `headers.${name}`, message }]);
  });

  test.each([...["Archive", "X-", "X-A:B", "X-A B", "X-\r\nBcc", "X-é", "", "__proto__", "constructor"]])(
    "the name %j is refused",
    (name) => {
      const headers = JSON.parse(`{${JSON.stringify(name)}: "x"}`);
      expect(withHeaders(headers)).toHaveLength(1);
    },
  );

  test.each([
    "",
    "  ",
    "a\r\nBcc: x@example.com",
    "a\nb",
    "a\u0000",
    "a\u0085b",
    "\u202eb",
    "a\ttab",
    "\ud800",
  ])("the value %j is refused", (value) => {
    expect(withHeaders({ "X-A": value })).toMatchObject([{ path: "headers.X-A" }]);
  });

  test.each([
    ["List-Unsubscribe", "<http://example.com/u>"],
    ["List-Unsubscribe", "https://example.com/u"],
    ["Precedence", "urgent"],
    ["Auto-Submitted", "yes"],
    ["In-Reply-To", "1@example.com"],
    ["References", "<é@example.com>"],
  ])("%s: %s is refused, as a provider would", (name, value) => {
    expect(withHeaders({ [name]: value })).toMatchObject([{ path: `headers.${name}`, message: /^must be / }]);
  });

  test("one-click needs an address of https", () => {
    const post = { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
    expect(withHeaders(post)).toHaveLength(1);
    expect(withHeaders({ ...post, "List-Unsubscribe": "<mailto:u@example.com>" })).toHaveLength(1);
    expect(withHeaders({ ...post, "List-Unsubscribe": "<https://example.com/u>" })).toEqual([]);
  });

  test("are 20 at most, each of 2,048 bytes with a space every 900 characters, and 16 KB with the tags", () => {
    const many = (count: number, value: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-Header-${10 + n}`, value]));
    expect(withHeaders(many(20, "x"))).toEqual([]);
    expect(withHeaders(many(21, "x"))).toEqual([
      { path: "headers", message: "must have at most 20 headers" },
    ]);
    const longest = `${"é ".repeat(682)}éx`;
    expect(new TextEncoder().encode(longest)).toHaveLength(2049);
    expect(withHeaders({ "X-A": longest.slice(0, -1) })).toEqual([]);
    expect(withHeaders({ "X-A": longest })).toMatchObject([{ message: "must have at most 2048 bytes" }]);
    expect(withHeaders({ "X-A": "x".repeat(900) })).toEqual([]);
    expect(withHeaders({ "X-A": "x".repeat(901) })).toHaveLength(1);
    // 11 bytes of a name, and 4 of a colon, a space and the end of the line.
    expect(withHeaders(many(16, "x ".repeat(493).trim()))).toEqual([]);
    expect(withHeaders(many(16, "x ".repeat(493)))).toEqual([]);
    const full = { ...many(15, "x ".repeat(493).trim()), "X-Header-99": "x ".repeat(493).trim() };
    expect(refusalOf({ headers: full, tags: { a: "1" } })).toMatchObject([{ path: "headers" }]);
  });

  test("named twice, in small letters and in capital ones, are refused", () => {
    expect(withHeaders({ "X-Team": "1", "x-team": "2" })).toMatchObject([{ path: "headers.x-team" }]);
  });

  test("make no other header, whatever their names and values are, as a parser reads them", async () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("X-A", "x\r\nBcc: v@evil.example", "\r\n\r\n<script>", "X-B:", "\n To: v@evil.example"),
    );
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(hostile, fc.constantFrom("X-A", "Keywords")),
        fc.oneof(hostile, fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 })),
        async (name, value) => {
          const result = emailContent.safeParse({ ...base, headers: { [name]: value } });
          if (!result.success) return;
          taken++;
          const [[written, text] = ["", ""]] = Object.entries(result.data.headers ?? {});
          const parsed = await PostalMime.parse(`${written}: ${text}\r\nTo: ada@example.com\r\n\r\nHello`);
          expect(parsed.headers.map(({ key }) => key)).toEqual([written.toLowerCase(), "to"]);
          expect(parsed.to?.map(({ address }) => address)).toEqual(["ada@example.com"]);
        },
      ),
      { numRuns: 1000, seed: 20_261_130 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

describe("tags of an e-mail", () => {
  const withTags = (tags: Record<string, string>) => refusalOf({ tags });

  test("have names and values that every provider takes", () => {
    const tags = { category: "receipt", "Order-Id": "A_1-2", ["x".repeat(20)]: "y".repeat(80) };
    expect(parse({ tags }).tags).toEqual(tags);
  });

  test.each([
    ...[{ "": "x" }, { a: "" }, { "a b": "x" }, { a: "b c" }, { é: "x" }, { a: "é" }, { a: "x\r\ny" }],
    ...[{ ["x".repeat(21)]: "y" }, { a: "y".repeat(81) }, { Event: "1", event: "2" }],
    ...[{ "outbox-message": "msg_1" }, { "Outbox-Tenant": "other" }],
  ])("%j is refused", (tags) => {
    expect(withTags(tags as Record<string, string>)).toHaveLength(1);
  });

  test("are eight at most", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`t${n}`, "x"]));
    expect(withTags(many(8))).toEqual([]);
    expect(withTags(many(9))).toEqual([{ path: "tags", message: "must have at most 8 tags" }]);
  });
});

describe("addresses that receive answers", () => {
  test("are one, kept as one, or a list of up to ten", () => {
    expect(parse({ replyTo: " Ada <ada@example.com>" }).replyTo).toBe("Ada <ada@example.com>");
    const list = Array.from({ length: 10 }, (_, n) => `a${n}@example.com`);
    expect(parse({ replyTo: list }).replyTo).toEqual(list);
    expect(refusalOf({ replyTo: [...list, "b@example.com"] })).toMatchObject([{ path: "replyTo" }]);
    expect(refusalOf({ replyTo: [] })).toHaveLength(1);
    expect(refusalOf({ replyTo: ["a@example.com, b@example.com"] })).toMatchObject([{ path: "replyTo[0]" }]);
  });
});
