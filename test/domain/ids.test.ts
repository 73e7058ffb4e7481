import { describe, expect, test } from "vitest";
import { messageId, newNonce, parseMessageId } from "../../src/domain/ids.ts";
import { systemRandom } from "../../src/platform/clock.ts";

describe("a message id", () => {
  test.each([1, 31, 32, 33, 1023, 1024, 123_456_789, 32 ** 9 - 1])("tells its sequence number: %i", (seq) => {
    const nonce = newNonce(systemRandom);
    expect(parseMessageId(messageId({ seq, nonce }))).toEqual({ seq, nonce });
  });

  test("sorts in commit order", () => {
    const nonce = newNonce(systemRandom);
    const ids = [1, 2, 31, 32, 1000, 32_768, 40_000].map((seq) => messageId({ seq, nonce }));
    expect(ids.toSorted()).toEqual(ids);
  });

  test.each([
    "",
    "msg_",
    "msg_1",
    "ep_0000000017nq3nb43zh2ew",
    "msg_0000000017nq3nb43zh2ewx",
    "msg_00000000i7nq3nb43zh2ew",
  ])("%j is none", (text) => {
    expect(parseMessageId(text)).toBeUndefined();
  });
});
