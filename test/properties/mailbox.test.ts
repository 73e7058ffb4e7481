import emailAddresses from "email-addresses";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseMailbox, printMailbox } from "../../src/platform/mailbox-address.ts";

/** Mailboxes that another reader of RFC 5322 finds in a text: all of them, in lists and groups, too. */
function judge(text: string): { name: string | null; address: string }[] {
  const found = emailAddresses.parseAddressList({ input: text, rfc6532: true }) ?? [];
  return found.flatMap((one) => (one.type === "group" ? one.addresses : [one]));
}

const unquoted = (address: string) =>
  address.replace(/^"(.*)"@/, (_, local) => `${local.replace(/\\(.)/g, "$1")}@`);

/** Pieces that an address is made of, and those that an attacker needs. */
const piece = fc.constantFrom(
  ...'<>@,;:"\\()[]. \t\r\n'.split(""),
  ...[
    "ada",
    "Ada",
    "example.com",
    "victim@evil.example",
    "ada@example.com",
    "<ada@example.com>",
    "b",
    "é",
    "山",
    "🎉",
  ],
  ...["\u202e", "\u0000", "=?utf-8?q?x?=", "'", "+", "-", "x.y", "xn--p1ai", "bücher.example", "127.0.0.1"],
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

test("whatever is taken for one mailbox is the same one for another reader, once it is printed", () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map((name) => `${name} <ada@example.com>`),
      ),
      (given) => {
        const mailbox = parseMailbox(given);
        if (!mailbox) return;
        taken++;
        const printed = printMailbox(mailbox);
        const { email, name = null } = mailbox;
        const found = judge(printed).map((one) => ({ name: one.name, address: one.address }));
        expect(found).toEqual([{ name, address: unquoted(email) }]);
        expect(parseMailbox(printed)).toEqual(mailbox);
      },
    ),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(500);
});

test("no name changes to whom an e-mail goes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (name) => {
      const mailbox = { email: "ada@example.com", name };
      const printed = printMailbox(mailbox);
      const read = parseMailbox(printed);
      if (read) expect(judge(printed).map(({ address }) => address)).toEqual(["ada@example.com"]);
    }),
    { numRuns: 5_000 },
  );
});

test("what another reader takes for the address of one person, is taken", () => {
  const atom = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,10}$/);
  const local = fc.array(atom, { minLength: 1, maxLength: 4 }).map((atoms) => atoms.join("."));
  const domain = fc.domain();
  fc.assert(
    fc.property(local, domain, (before, after) => {
      const address = `${before}@${after}`;
      expect(judge(address)).toHaveLength(1);
      expect(parseMailbox(address)).toEqual({ email: address });
    }),
    { numRuns: 5_000 },
  );
});
