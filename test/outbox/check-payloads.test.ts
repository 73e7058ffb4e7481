import { describe, expect, test } from "vitest";
import { misfitsOf } from "../../src/outbox/check-payloads.ts";
import { KnownTypes } from "../../src/outbox/known-types.ts";
import { draftMessages, event } from "../../src/outbox/message.ts";
import { systemClock, systemRandom } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";

/** Takes some steps, and fits every payload. */
const busy = { allOf: Array(1000).fill({ type: "integer" }) };

async function check(messages: number, schema: object, clock = systemClock) {
  const types = await new KnownTypes().learn(
    "acme",
    1,
    ["a.b"],
    [{ name: "a.b", schema: JSON.stringify(schema) }],
  );
  const inputs = Array.from({ length: messages }, () => event("a.b", 1));
  return misfitsOf(types, draftMessages(inputs, 0, systemRandom), clock);
}

describe("the steps of a commit", () => {
  test("are for all of its payloads together: what one may take, a hundred may not", async () => {
    expect(await check(1, busy)).toEqual([]);
    const fields = await check(limits.messagesPerCommit, busy);
    expect(fields).toHaveLength(1);
    expect(fields?.[0]?.path).toMatch(/^messages\[\d+\]\.payload$/);
    expect(fields?.[0]?.message).toMatch(/too many steps/);
  });

  test("suffice for a full commit with an ordinary schema", async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`p${n}`, { type: "string" }]),
    );
    expect(await check(limits.messagesPerCommit, { type: "integer", properties })).toEqual([]);
  });

  test("end with the deadline too, where the clock runs meanwhile", async () => {
    let now = 0;
    const hurried = { ...systemClock, now: () => (now += limits.schemaCheckMs) };
    expect(await check(30, busy, hurried)).toHaveLength(1);
    expect(await check(30, busy)).toEqual([]);
  });
});
