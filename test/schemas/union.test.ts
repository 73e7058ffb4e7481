/** `anyOf` and `oneOf`: branches that cannot fit are passed over, and nothing else may change by it. */
import {
  registerSchema,
  type SchemaObject,
  unregisterSchema,
  validate,
} from "@hyperjump/json-schema/draft-2020-12";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";

async function misfits(schema: unknown, payload: unknown) {
  const ready = await surveySchema(JSON.stringify(schema)).compile();
  return ready.misfits(JSON.stringify(payload), "payload").fields.map(({ path, message }) => [path, message]);
}

const block = (type: string) => ({
  type: "object",
  properties: {
    type: { const: type },
    text: { type: "string", maxLength: 200 },
    level: { type: "integer", minimum: 0, maximum: 6 },
    marks: { type: "array", items: { enum: ["bold", "italic", "code"] } },
  },
  required: ["type", "text"],
  additionalProperties: false,
});
const KINDS = "heading paragraph quote code list image table callout divider embed toggle video".split(" ");
const page = (union: "anyOf" | "oneOf", branch: (kind: string) => unknown) => ({
  type: "object",
  properties: { blocks: { type: "array", items: { [union]: KINDS.map(branch) } } },
  $defs: Object.fromEntries(KINDS.map((kind) => [kind, block(kind)])),
});
const conditions = () => {
  const cases = KINDS.map((kind) => ({
    if: { properties: { type: { const: kind } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword
    then: block(kind),
  }));
  return { properties: { blocks: { items: { allOf: cases } } } };
};
const blocks = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    type: KINDS[n % KINDS.length],
    text: "words",
    level: 1,
    marks: ["bold"],
  }));

describe("a union of kinds that a property tells apart", () => {
  test.each([
    ["in place", page("oneOf", block)],
    ["by reference", page("anyOf", (kind) => ({ $ref: `#/$defs/${kind}` }))],
    ["as kinds of a common schema", page("oneOf", (kind) => ({ allOf: [{ type: "object" }, block(kind)] }))],
    [
      "told apart by a reference",
      page("oneOf", (kind) => ({
        ...block(kind),
        properties: { ...block(kind).properties, type: { $ref: `#/$defs/${kind}/properties/type` } },
      })),
    ],
  ])("has steps to spare for the largest payload, with its branches %s", async (_, schema) => {
    const most = Math.floor((limits.payloadBytes * 0.9) / JSON.stringify(blocks(12)).length) * 12;
    expect(await misfits(schema, { blocks: blocks(most) })).toEqual([]);
  });

  test("as conditions it suffices for a payload of 100 KB", async () => {
    const count = Math.floor((100_000 / JSON.stringify(blocks(12)).length) * 12);
    expect(await misfits(conditions(), { blocks: blocks(count) })).toEqual([]);
    expect(await misfits(conditions(), { blocks: [{ type: "quote", text: 1 }] })).toEqual([
      ["payload.blocks[0].text", "must be of type string"],
    ]);
  });

  test("tells of the branch that the value names", async () => {
    const payload = { blocks: [{ type: "quote", text: 1 }, { type: "video" }] };
    expect(await misfits(page("oneOf", block), payload)).toEqual([
      ["payload.blocks[0].text", "must be of type string"],
      ["payload.blocks[1].text", "is required"],
    ]);
  });

  test("tells of the union where the value names none of them, or none at all", async () => {
    const union = ["payload.blocks[0]", "must fit exactly one of the schemas under oneOf"];
    for (const first of [{ type: "poem", text: "x" }, { text: "x" }, { type: 7 }, 7]) {
      expect(await misfits(page("oneOf", block), { blocks: [first] })).toEqual([union]);
    }
  });
});

test("something that may be null is told by what else it may be", async () => {
  const schema = { anyOf: [{ type: "null" }, { type: "object", required: ["id"] }] };
  expect(await misfits(schema, {})).toEqual([["payload.id", "is required"]]);
  expect(await misfits(schema, null)).toEqual([]);
  expect(await misfits(schema, 1)).toEqual([["payload", "must fit one of the schemas under anyOf"]]);
});

test("unevaluated properties are those of no branch that fits", async () => {
  const branch = (kind: string, name: string) => ({ properties: { kind: { const: kind }, [name]: true } });
  const schema = { anyOf: [branch("a", "x"), branch("b", "y")], unevaluatedProperties: false };
  expect(await misfits(schema, { kind: "a", x: 1 })).toEqual([]);
  expect(await misfits(schema, { kind: "a", y: 1 })).toEqual([["payload.y", "is not allowed here"]]);
  expect(await misfits(schema, { x: 1, y: 1 })).toEqual([]);
});

test("a union fits what it fits by the standard's own keywords, whatever its branches look like", async () => {
  const tag = fc.constantFrom<unknown>("a", "b", "c", 1, null, "__proto__");
  const value = fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<unknown>(1, 1.5, "a", null, true, ["a"]),
    fc.dictionary(fc.constantFrom("kind", "type", "x", "__proto__", "constructor"), tag, {
      noNullPrototype: true,
    }),
  );
  const tagged = fc.oneof(
    tag.map((one) => ({ const: one })),
    fc.uniqueArray(tag, { minLength: 1 }).map((some) => ({ enum: some })),
    fc.constant({ type: "string" }),
  );
  const branch = fc.oneof(
    fc.record(
      {
        type: fc.constantFrom<unknown>("object", "integer", "null", ["string", "object"]),
        properties: fc.dictionary(fc.constantFrom("kind", "type", "x", "constructor"), tagged, {
          noNullPrototype: true,
        }),
        required: fc.constantFrom([], ["kind"], ["x"]),
        $ref: fc.constantFrom("#/$defs/0", "#/$defs/1"),
      },
      { requiredKeys: [] },
    ),
    fc.boolean(),
  );
  const union = fc.tuple(fc.constantFrom("anyOf", "oneOf"), fc.array(branch, { minLength: 1, maxLength: 4 }));
  const schema = fc.tuple(union, union, branch).map(([[name, branches], [inner, more], other]) => ({
    [name]: branches,
    // A loop of references alone has no meaning.
    $defs: { 0: { [inner]: more.map(withoutRef) }, 1: withoutRef(other) },
  }));
  let number = 0;
  await fc.assert(
    fc.asyncProperty(schema, fc.array(value, { minLength: 1, maxLength: 6 }), async (schema, payloads) => {
      const name = `https://union.example/${++number}`;
      const standard = { ...schema, $schema: "https://json-schema.org/draft/2020-12/schema" };
      registerSchema(standard as unknown as SchemaObject, name);
      const fits = (await validate(name)) as (value: unknown) => { valid: boolean };
      unregisterSchema(name);
      for (const payload of payloads) {
        expect((await misfits(schema, payload)).length === 0).toBe(fits(payload).valid);
      }
    }),
    { numRuns: 300 },
  );
});

const withoutRef = (branch: unknown) => {
  if (typeof branch !== "object") return branch;
  const { $ref, ...rest } = branch as { $ref?: string };
  return rest;
};
