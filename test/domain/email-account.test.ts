import { describe, expect, test } from "vitest";
import { type Answer, EmailAccount, type Told } from "../../src/domain/email-account.ts";
import { limits } from "../../src/platform/limits.ts";

const NOW = 1_800_000_000_000;
const BAD = "new@example.com";
const GOOD = "us@example.com";
const asking = (sender = GOOD) => ({ sender, isReturning: false, isLast: false, withinMs: 60_000 });
const told = (result: Told["result"], rest: Partial<Told> = {}): Told => ({
  sender: GOOD,
  result,
  waitMs: null,
  ...rest,
});
const isPutOff = (answer: Answer) => "askAt" in answer;

describe("a sender that was refused", () => {
  const refused = () => {
    const account = new EmailAccount();
    account.tell(told("sender", { sender: BAD }), NOW);
    return account;
  };

  test("waits ten minutes, and nobody else does", () => {
    const account = refused();
    expect(account.ask(asking(BAD), NOW + 1)).toEqual({
      askAt: NOW + limits.emailSenderHoldMs,
      for: "sender",
    });
    expect(account.ask(asking(), NOW + 1)).toEqual({ waitMs: 0 });
  });

  test("is then tried once; whoever else asks waits for what comes of it", () => {
    const account = refused();
    const at = NOW + limits.emailSenderHoldMs;
    expect(account.ask(asking(BAD), at)).toEqual({ waitMs: 0, isWatched: true });
    expect(account.ask(asking(BAD), at)).toEqual({ askAt: at + limits.emailProbeMs, for: "sender" });
    account.tell(told("taken", { sender: BAD }), at + 100);
    expect(account.ask(asking(BAD), at + 200)).toEqual({ waitMs: 0 });
  });

  test("is tried again when nothing comes of a trial", () => {
    const account = refused();
    const at = NOW + limits.emailSenderHoldMs;
    account.ask(asking(BAD), at);
    expect(isPutOff(account.ask(asking(BAD), at + limits.emailProbeMs - 1))).toBe(true);
    expect(account.ask(asking(BAD), at + limits.emailProbeMs)).toEqual({ waitMs: 0, isWatched: true });
  });

  test("does not keep an e-mail whose time is over", () => {
    expect(refused().ask({ ...asking(BAD), isLast: true }, NOW)).toEqual({ waitMs: 0 });
  });

  test("is known to whoever goes on with what was kept", () => {
    const account = new EmailAccount(undefined, JSON.parse(JSON.stringify(refused().holds)));
    expect(isPutOff(account.ask(asking(BAD), NOW + 1))).toBe(true);
  });

  test("is one of a thousand at most: the one whose turn comes first is forgotten", () => {
    const account = new EmailAccount();
    for (let n = 0; n <= limits.emailHolds; n++)
      account.tell(told("sender", { sender: `${n}@x.example` }), NOW + n);
    expect(Object.keys(account.holds)).toHaveLength(limits.emailHolds);
    expect(isPutOff(account.ask(asking("0@x.example"), NOW + limits.emailHolds))).toBe(false);
    expect(isPutOff(account.ask(asking("1@x.example"), NOW + limits.emailHolds))).toBe(true);
  });
});

describe("an account that refuses everybody", () => {
  test("waits longer each time, for as long as it asks at least, and is well by any answer for others", () => {
    const account = new EmailAccount();
    const { from, to } = limits.emailAccountHoldMs;
    let now = NOW;
    const refusedAgain = (rest = {}) => {
      now += 3 * to;
      return account.tell(told("account", rest), now);
    };
    expect(refusedAgain()).toBe(from);
    expect(refusedAgain()).toBe(2 * from);
    for (let n = 0; n < 10; n++) refusedAgain();
    expect(refusedAgain()).toBe(to);
    expect(refusedAgain({ waitMs: 2 * to })).toBe(2 * to);
    expect(account.ask(asking(), now)).toEqual({ askAt: now + 2 * to, for: "account" });
    account.tell(told("answered"), now);
    expect(account.ask(asking(), now)).toEqual({ waitMs: 0 });
  });

  test("a failure tells nothing of it", () => {
    const account = new EmailAccount();
    account.tell(told("account"), NOW);
    account.tell(told("failed"), NOW);
    expect(isPutOff(account.ask(asking(), NOW))).toBe(true);
  });

  test("is not tried by a sender that waits for itself", () => {
    const account = new EmailAccount();
    account.tell(told("sender", { sender: BAD }), NOW + limits.emailAccountHoldMs.from);
    account.tell(told("account"), NOW);
    const at = NOW + limits.emailAccountHoldMs.from;
    expect(account.ask(asking(BAD), at)).toMatchObject({ for: "sender" });
    expect(account.ask(asking(), at)).toEqual({ waitMs: 0, isWatched: true });
  });
});

describe("the pace of an account", () => {
  test("gives turns one after another, a little slower than it may, and none that is far off", () => {
    const account = new EmailAccount(2);
    const answers = Array.from({ length: 40 }, () => account.ask(asking(), NOW));
    const waits = answers.flatMap((answer) => ("waitMs" in answer ? [answer.waitMs] : []));
    expect(waits.slice(0, 3)).toEqual([0, 550, 1100]);
    expect(waits).toHaveLength(Math.floor(limits.emailTurnMs / 550) + 1);
    const askAts = answers.flatMap((answer) => ("askAt" in answer ? [answer.askAt - NOW] : []));
    expect(Math.min(...askAts)).toBeLessThanOrEqual(limits.emailTurnMs);
    expect(Math.max(...askAts)).toBeGreaterThan(limits.emailTurnMs + (askAts.length - 10) * 550 * 0.5);
  });

  test("gives no turn to whoever cannot wait for it", () => {
    const account = new EmailAccount(2);
    account.ask(asking(), NOW);
    expect(isPutOff(account.ask({ ...asking(), withinMs: 549 }, NOW))).toBe(true);
    expect(account.ask({ ...asking(), withinMs: 550 }, NOW)).toEqual({ waitMs: 550 });
  });

  test("is learnt from what the provider says", () => {
    const account = new EmailAccount(2);
    account.tell(told("taken", { perSecond: 10 }), NOW);
    account.ask(asking(), NOW);
    expect(account.ask(asking(), NOW)).toEqual({ waitMs: 110 });
  });

  test("has turns and instants of whole milliseconds, as D1 wants them", () => {
    const account = new EmailAccount(3);
    account.tell(told("sender", { sender: BAD, waitMs: 700_000.5 }), NOW);
    account.ask(asking(), NOW);
    const answers = [account.ask(asking(), NOW), account.ask(asking(BAD), NOW)];
    expect(account.ask(asking(BAD), NOW + 700_001)).toMatchObject({ isWatched: true });
    answers.push(account.ask(asking(BAD), NOW + 700_001));
    const numbers = answers.map((answer) => ("askAt" in answer ? answer.askAt : answer.waitMs));
    expect(numbers.filter((number) => !Number.isInteger(number))).toEqual([]);
  });

  test("stops for as long as it is asked to", () => {
    const account = new EmailAccount();
    account.tell(told("wait", { waitMs: 3000 }), NOW);
    expect(account.ask(asking(), NOW)).toEqual({ waitMs: 3000 });
    account.tell(told("wait", { waitMs: 60_000 }), NOW);
    const answer = account.ask(asking(), NOW);
    expect(answer).toMatchObject({ for: "pace" });
    expect((answer as { askAt: number }).askAt).toBeGreaterThanOrEqual(NOW + 60_000 - limits.emailTurnMs);
  });

  test("is told of the first that it takes after such a wait, so that the next one is short again", () => {
    const account = new EmailAccount();
    account.tell(told("wait"), NOW);
    expect(account.ask(asking(), NOW)).not.toHaveProperty("isWatched");
    expect(account.ask(asking(), NOW + 5_000)).toEqual({ waitMs: 0, isWatched: true });
    account.tell(told("taken"), NOW + 5_000);
    expect(account.ask(asking(), NOW + 5_001)).toEqual({ waitMs: 0 });
  });

  test("waits by itself where no time is named: longer each time, once for all that were under way, and from the start once it takes", () => {
    const account = new EmailAccount();
    const waitAt = (now: number) => {
      const answer = account.ask({ ...asking(), withinMs: 0 }, now);
      return "askAt" in answer ? answer.askAt - now : answer.waitMs;
    };
    for (let n = 0; n < 5; n++) account.tell(told("wait"), NOW);
    expect(waitAt(NOW)).toBe(5_000);
    let now = NOW;
    for (const waitMs of [10_000, 20_000, 40_000]) {
      now += 700_000;
      account.tell(told("wait"), now);
      expect(account.ask({ ...asking(), withinMs: Infinity }, now + waitMs - 1)).toEqual({ waitMs: 1 });
    }
    for (let n = 0; n < 10; n++) {
      now += 700_000;
      account.tell(told("wait"), now);
    }
    expect(account.ask(asking(), now + 599_999)).toEqual({ waitMs: 1 });
    account.tell(told("taken"), now + 600_000);
    now += 1_400_000;
    account.tell(told("wait"), now);
    expect(account.ask(asking(), now)).toEqual({ waitMs: 5_000 });
  });
});

test("refusals of an account that were under way together are one; a trial that is refused is another", () => {
  const account = new EmailAccount();
  for (let n = 0; n < 5; n++) expect(account.tell(told("account"), NOW + n)).toBe(30_000);
  expect(account.ask(asking(), NOW + 30_004)).toMatchObject({ isWatched: true });
  expect(account.tell(told("account"), NOW + 30_100)).toBe(60_000);
});
