import fc from "fast-check";
import { parseMailbox } from "../../../src/platform/mailbox-address.ts";

/** Pieces of a line that an attacker needs. */
const LINE = [
  ...'<>@,;:"\\()[].= '.split(""),
  ...["ada", "Ada", "victim@evil.example", "<ada@example.com>", "é", "山", "🎉", "👩‍👩‍👧", "=?utf-8?q?=2C?="],
  ...["%0d%0a", "'", "+", "x.y", "&to=victim@evil.example", "bcc: victim@evil.example"],
];
const joined = (pieces: string[]) =>
  fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 10 }).map((parts) => parts.join(""));
const line = joined(LINE);
const text = joined([...LINE, "\t", "\r", "\n", "\r\n", "\r\nBcc: victim@evil.example\r\n", "\r\n.\r\n"]);
const quoted = line.map((name) => `"${name.replace(/["\\]/g, "\\$&")}"`);
const address = fc.oneof(
  fc.constantFrom("ada@example.com", "b@bücher.example", "r&d@example.com", "Ada <grace@example.com>"),
  fc.tuple(quoted, fc.constantFrom("ada@example.com", "x@пример.рф")).map(([name, to]) => `${name} <${to}>`),
  line.map((name) => `${name} <grace@example.com>`).filter((one) => parseMailbox(one) !== undefined),
  // The other reader folds spaces here, too.
  joined(LINE.filter((one) => /^[!-~]+$/.test(one)))
    .map((local) => `"${local.replace(/["\\]/g, "\\$&")}"@example.com`)
    .filter((one) => parseMailbox(one) !== undefined),
);
/** A line that is none is refused at the door, where it gets so far. */
const list = fc.array(fc.oneof({ arbitrary: address, weight: 30 }, text), { minLength: 1, maxLength: 3 });

const HEADERS = [
  ...["X-Team", "x-a_b", "In-Reply-To", "References", "List-Unsubscribe", "Keywords", "Content-Language"],
  ...[
    "Bcc",
    "Subject",
    "Content-Type",
    "X-SES-Message-Tags",
    "X-A: y\r\nBcc",
    "X-A\r\n\r\n",
    "__proto__",
    "x-\u0000",
  ],
];
const headers = fc.dictionary(
  fc.oneof({ arbitrary: fc.constantFrom(...HEADERS.slice(0, 2)), weight: 9 }, fc.constantFrom(...HEADERS)),
  fc.oneof(
    { arbitrary: line.map((one) => `${one}x`), weight: 9 },
    { arbitrary: fc.constantFrom("<1@x.example> <2@x.example>", "<https://x.example/?a=1>"), weight: 9 },
    text,
  ),
  { maxKeys: 3 },
);
const tags = fc.dictionary(
  fc.constantFrom("event", "a_b", "outbox-tenant", "OUTBOX-message", "x\r\n"),
  fc.oneof({ arbitrary: fc.constantFrom("1", "a-b_C"), weight: 9 }, line),
  { maxKeys: 2 },
);

const file = fc.record({
  filename: fc.oneof(
    { arbitrary: line.map((one) => `${one.replace(/["\\]|%0d%0a|=\?/g, "")}.txt`), weight: 30 },
    text,
  ),
  kind: fc.constantFrom(
    { type: "text/plain" },
    { type: "text/html" },
    { type: "application/pdf" },
    { type: "image/svg+xml", contentId: "logo" },
    { type: "image/png", contentId: "logo@shop.example" },
  ),
  content: fc
    .uint8Array({ minLength: 1, maxLength: 200 })
    .map((bytes) => btoa(String.fromCharCode(...bytes))),
});
const files = fc
  .array(file, { minLength: 1, maxLength: 2 })
  .map((all) => all.map(({ kind, ...rest }) => ({ ...rest, ...kind })));

/** An e-mail of fields that a stranger has filled in. */
export const hostileEmail = fc.record(
  {
    to: list,
    cc: list,
    bcc: list,
    from: address,
    replyTo: fc.oneof({ arbitrary: address, weight: 4 }, list),
    headers,
    tags,
    subject: fc.oneof({ arbitrary: line, weight: 9 }, text),
    text,
    html: fc.option(text, { nil: undefined }),
    attachments: files,
  },
  { requiredKeys: ["to", "subject", "text"] },
);
