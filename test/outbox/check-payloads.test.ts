import { describe, expect, test } from "vitest";
import { z } from "zod";
import { misfitsOf } from "../../src/outbox/check-payloads.ts";
import { draftMessages, event } from "../../src/outbox/message.ts";
import { systemClock, systemRandom } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import { newTypes } from "../support/known-types.ts";

/** Takes some steps, and fits every payload. */
const busy = { allOf: Array(1000).fill({ type: "integer" }) };

async function check(messages: number, schema: object, clock = systemClock, payload: unknown = 1) {
  const types = await newTypes().learn("acme", ["a.b"], {
    version: 1,
    schemas: [{ name: "a.b", schema: JSON.stringify(schema) }],
  });
  const inputs = Array.from({ length: messages }, () => event("a.b", payload));
  return misfitsOf(types, draftMessages(inputs, 0, systemRandom), { clock });
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

  test("suffice for a full commit with the schemas that zod writes, full of patterns", async () => {
    const line = z.object({ sku: z.uuid(), price: z.string().regex(/^\d+\.\d{2}$/) });
    const order = z.object({
      id: z.uuid(),
      customer: z.email(),
      placedAt: z.iso.datetime({ offset: true }),
      lines: z.array(line),
    });
    const payload: z.input<typeof order> = {
      id: "0b1f3a52-8a0e-4d0c-9d6e-0d4f5d0a7c11",
      customer: "anna@shop.example",
      placedAt: "2026-11-23T20:00:00+01:00",
      lines: Array(20).fill({ sku: "0b1f3a52-8a0e-4d0c-9d6e-0d4f5d0a7c12", price: "9.90" }),
    };
    const fields = await check(limits.messagesPerCommit, z.toJSONSchema(order), systemClock, payload);
    expect(fields).toEqual([]);
  });

  test("end with the deadline too, where the clock runs meanwhile", async () => {
    let now = 0;
    const hurried = { ...systemClock, now: () => (now += limits.schemaCheckMs) };
    expect(await check(30, busy, hurried)).toHaveLength(1);
    expect(await check(30, busy)).toEqual([]);
  });

  test("are taken in turns: others come between two payloads, not before the first", async () => {
    let turns = 0;
    const counting = { ...systemClock, sleep: async () => void turns++ };
    expect(await check(1, busy, counting)).toEqual([]);
    expect(turns).toBe(0);
    expect(await check(30, busy, counting)).toEqual([]);
    expect(turns).toBeGreaterThan(2);
    expect(turns).toBeLessThan(30);
  });

  test("are charged for whatever takes time: long lists of names, long divisors, formats", async () => {
    const names = Array(3000).fill("a");
    const objects = Array.from({ length: 9000 }, () => ({ a: 1 }));
    const numbers = Array.from({ length: 20_000 }, () => 1e300);
    const costly: [schema: object, payload: unknown][] = [
      [{ items: { dependentRequired: { a: names } } }, objects],
      [{ items: { multipleOf: JSON.rawJSON(`1${"3".repeat(2000)}`) } }, numbers],
      [{ items: { allOf: Array(20).fill({ format: "uuid" }) } }, Array(5000).fill("")],
    ];
    for (const [schema, payload] of costly) {
      const [field] = (await check(1, schema, systemClock, payload)) ?? [];
      expect(field?.message).toMatch(/too many steps/);
    }
  });
});

test("a commit whose event types have too much of schemas is refused by the first that is too much", async () => {
  const schema = JSON.stringify({
    allOf: Array.from({ length: limits.patternsPerSchema }, (_, n) => ({ pattern: `x${n}` })),
  });
  const names = ["a.a", "b.b", "c.c", "d.d", "e.e"];
  const types = await newTypes().learn("acme", names, {
    version: 1,
    schemas: names.map((name) => ({ name, schema })),
  });
  const position = Math.floor(limits.schemaWeightPerCommit / surveySchema(schema).weight);
  const inputs = names.map((name) => event(name, "x"));
  expect(await misfitsOf(types, draftMessages(inputs, 0, systemRandom), { clock: systemClock })).toEqual([
    {
      path: `messages[${position}].eventType`,
      message:
        "has a schema that exceeds the budget of a commit together with the schemas before it; commit fewer event types at once",
    },
  ]);
});
