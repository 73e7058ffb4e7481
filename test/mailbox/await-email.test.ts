import { describe, expect, test } from "vitest";
import type { MailboxEntry } from "../../src/mailbox/answers.ts";
import { awaitEmail, findEmails, NoSuchEmail, type WantedEmail } from "../../src/mailbox/await-email.ts";

let last = 0;
const entry = (given: Partial<MailboxEntry> = {}): MailboxEntry => ({
  id: `eml_${++last}`,
  at: "2026-11-30T12:00:00.000Z",
  from: "us@example.com",
  to: ["ada@example.com"],
  cc: [],
  bcc: [],
  subject: "Your order",
  play: "accepted",
  ...{ tenantId: "acme", messageId: "msg_1", attempt: 1, reason: null },
  ...given,
});

/** A clock that moves when somebody sleeps, and counts how often. */
function clockFrom(begin = 0) {
  let now = begin;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
  };
}

describe("e-mails are found", () => {
  const refused = entry({ play: "429" });
  const bounced = entry({ play: "hard_bounced", subject: "Bounced" });
  const copied = entry({ to: ["x@example.com"], cc: ["Ada <ADA@example.com>"] });
  const hidden = entry({ to: ["x@example.com"], bcc: ["bob@example.com"], subject: "Reset: 1234" });
  const all = [refused, bounced, copied, hidden];

  test.each<[WantedEmail, MailboxEntry[]]>([
    [{}, [bounced, copied, hidden]],
    [{ to: "Ada <ada@EXAMPLE.com>" }, [bounced, copied]],
    [{ to: "bob@example.com" }, [hidden]],
    [{ to: "nobody" }, []],
    [{ subject: "order" }, [copied]],
    [{ subject: /^reset: \d+$/gi }, [hidden]],
    [{ after: copied.id }, [bounced]],
    [{ after: "eml_of_another_time" }, [bounced, copied, hidden]],
  ])("by %o, if they were taken", (wanted, found) => {
    expect(findEmails(all, wanted)).toEqual(found);
    expect(findEmails(all, wanted)).toEqual(found);
  });
});

describe("an e-mail", () => {
  test("that is there is answered at once, and one that comes as soon as it is there", async () => {
    const clock = clockFrom();
    const here = entry();
    expect(await awaitEmail(async () => [here], {}, { clock, timeoutMs: 0 })).toBe(here);
    expect(clock.sleeps).toEqual([]);
    const later = async () => (clock.now() < 120 ? [] : [here]);
    expect(await awaitEmail(later, {}, { clock, timeoutMs: 5000 })).toBe(here);
    expect(clock.now()).toBe(150);
  });

  test("that does not come ends the wait in its time, with a list of those that did", async () => {
    const clock = clockFrom(1000);
    const wanted = { to: "bob@example.com", subject: /reset/, after: "eml_0" };
    const waiting = awaitEmail(
      async () => [entry({ cc: ["cy@example.com"] }), entry({ play: "never" })],
      wanted,
      {
        clock,
        timeoutMs: 120,
      },
    );
    await expect(waiting).rejects.toThrow(NoSuchEmail);
    await expect(waiting).rejects.toThrow(
      "No e-mail to bob@example.com with the subject /reset/ after eml_0 came within 0.12 s. " +
        'It has "Your order" to ada@example.com, cy@example.com; "Your order" to ada@example.com (not taken: never).',
    );
    expect(clock.now()).toBe(1120);
  });

  test("is sought in many of which ten are told", async () => {
    const many = Array.from({ length: 13 }, (_, n) => entry({ subject: `Number ${n}` }));
    const waiting = awaitEmail(
      async () => many,
      { to: "x@example.com" },
      { clock: clockFrom(), timeoutMs: 0 },
    );
    await expect(waiting).rejects.toThrow(
      /is in the mailbox\. It has "Number 0".*"Number 9".*; and 3 older ones\.$/,
    );
  });
});
