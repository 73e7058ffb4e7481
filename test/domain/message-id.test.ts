import { describe, expect, test } from "vitest";
import { newNonce } from "../../src/domain/ids.ts";
import { messageId, parseMessageId } from "../../src/domain/message-id.ts";
import { systemRandom } from "../../src/platform/clock.ts";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_KEY = "0123456789abcdef0123456789abcdef";
const NONCE = "7nq3nb43zh2ew";

function idOf(seq: number, nonce: string, id_key = ID_KEY): string {
  return messageId({ seq, nonce, id_key });
}

describe("a message id", () => {
  test.each([0, 1, 31, 32, 33, 1023, 1024, 123_456_789, 2 ** 36 - 1, 32 ** 9 - 1])(
    "tells its sequence number to who has the key: %i",
    (seq) => {
      const nonce = newNonce(systemRandom);
      expect(idOf(seq, nonce)).toMatch(new RegExp(`^msg_[${DIGITS}]{22}$`));
      expect(parseMessageId(idOf(seq, nonce), ID_KEY)).toEqual({ seq, nonce });
    },
  );

  test("stays what it is: those that were given out are found by a later version", () => {
    expect(idOf(1, NONCE)).toBe("msg_hgvs9km9q7nq3nb43zh2ew");
  });

  test("is another with another key, and tells nothing with it", () => {
    const another = "f".repeat(32);
    expect(idOf(1, NONCE, another)).not.toBe(idOf(1, NONCE));
    expect(parseMessageId(idOf(1, NONCE, another), ID_KEY)?.seq).not.toBe(1);
  });

  test.each([
    "",
    "msg_",
    "msg_1",
    "ep_0000000017nq3nb43zh2ew",
    "msg_0000000017nq3nb43zh2ewx",
    "msg_00000000i7nq3nb43zh2ew",
  ])("%j is none", (text) => {
    expect(parseMessageId(text, ID_KEY)).toBeUndefined();
  });
});

describe("without the key", () => {
  /** The masked digits of as many ids, as numbers. */
  function maskedOf(seqs: readonly number[]): number[][] {
    const nonces = seededNonces(seqs.length);
    const ids = seqs.map((seq, at) => idOf(seq, nonces[at] ?? ""));
    return ids.map((id) => Array.from(id.slice(4, 13), (digit) => DIGITS.indexOf(digit)));
  }

  const consecutive = Array.from({ length: 1_600 }, (_, n) => n + 1);

  test("sees random digits, whether the messages follow each other or are far apart", () => {
    for (const apart of [0, 1, 1_000_003]) expectRandom(maskedOf(consecutive.map((n) => n * apart)));
  });

  test("sees no difference between neighbours: not how many messages lay between two", () => {
    const ids = maskedOf(consecutive);
    const next = (at: number, place: number) => ids[at + 1]?.[place] ?? 0;
    const by = (compare: (one: number, other: number) => number) =>
      ids.slice(0, -1).map((id, at) => id.map((digit, place) => compare(digit, next(at, place))));
    expectRandom(by((one, other) => one ^ other));
    expectRandom(by((one, other) => (other - one + 32) % 32));
  });

  test("cannot put them in order: half of the neighbours are the wrong way round", () => {
    const values = maskedOf(consecutive).map((id) => id.reduce((value, digit) => value * 32 + digit, 0));
    const rising = values.filter((value, at) => value > (values[at - 1] ?? 0)).length;
    expect(Math.abs(rising / values.length - 0.5)).toBeLessThan(0.03);
  });
});

/** In each of the 9 places every digit is as frequent as the others: Pearson's chi-squared, 31 degrees of freedom. */
function expectRandom(ids: readonly number[][]): void {
  const even = ids.length / 32;
  for (let place = 0; place < 9; place++) {
    const counts = new Array<number>(32).fill(0);
    for (const id of ids) counts[id[place] ?? 0] = (counts[id[place] ?? 0] ?? 0) + 1;
    // By chance, once in a million.
    expect(counts.reduce((sum, count) => sum + (count - even) ** 2 / even, 0)).toBeLessThan(85);
  }
}

/** The same in each run. */
function seededNonces(count: number): string[] {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % (2 ** 31 - 1);
    return state >> 8;
  };
  const random = { bytes: (length: number) => Uint8Array.from({ length }, next), fraction: () => 0 };
  return Array.from({ length: count }, () => newNonce(random));
}
