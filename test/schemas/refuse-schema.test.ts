import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";

const patterns = (count: number) => Array.from({ length: count }, (_, n) => ({ pattern: `a${n}` }));
const refused = (schema: unknown) => refuseSchema(JSON.stringify(schema), "schema");

describe("a schema that is taken", () => {
  test.each<[string, unknown]>([
    ["true and false", true],
    ["of the dialect by name", { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" }],
    ["a dialect with its empty fragment", { $schema: "https://json-schema.org/draft/2020-12/schema#" }],
    ["with keywords that nobody knows", { "x-note": 1, example: { $comment: "x" } }],
    ["with a reference to itself through a payload", { properties: { next: { $ref: "#" } } }],
    [
      "with definitions and anchors",
      { $defs: { a: { $anchor: "x", type: "string" } }, items: { $ref: "#x" } },
    ],
    [
      "with properties named as keywords",
      { properties: { $ref: { type: "string" }, $id: { type: "string" }, pattern: {} } },
    ],
    [
      "of OpenAPI 3.1 by the date of its edition",
      { $schema: "https://spec.openapis.org/oas/3.1/dialect/2024-11-10", properties: {} },
    ],
    ["with a count that a double does not hold", { maxLength: JSON.rawJSON("12345678901234567890") }],
    ["with a multiple that is smaller than a double", { multipleOf: JSON.rawJSON("1e-400") }],
    ["with many patterns", { allOf: patterns(limits.patternsPerSchema) }],
  ])("%s", async (_, schema) => {
    expect(await refused(schema)).toEqual([]);
  });
});

describe("a schema that is refused names the place", () => {
  const deep = Array.from({ length: limits.schemaDepth + 1 }).reduce<unknown>(
    (inner) => ({ not: inner }),
    {},
  );
  const manyDefs = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`d${n}`, {}]));

  test.each<[string, unknown, path: string, message: RegExp]>([
    ["a list", [], "schema", /^must be a JSON Schema/],
    ["a text", "object", "schema", /^must be a JSON Schema/],
    [
      "a type that does not exist",
      { properties: { a: { type: "text" } } },
      "schema.properties.a.type",
      /^must be one of null, boolean/,
    ],
    [
      "a keyword of the wrong kind",
      { allOf: [{}, { minimum: "1" }] },
      "schema.allOf[1].minimum",
      /^must be a number$/,
    ],
    ...["-1", "-12345678901234567890", "0.5", "12345678901234567890.5"].map(
      (count): [string, unknown, string, RegExp] => [
        `a count of ${count}`,
        { minLength: JSON.rawJSON(count) },
        "schema.minLength",
        /^must be a whole number from 0 on$/,
      ],
    ),
    ...["0", "-1", "-1e-400", "-12345678901234567890"].map((number): [string, unknown, string, RegExp] => [
      `a multiple of ${number}`,
      { multipleOf: JSON.rawJSON(number) },
      "schema.multipleOf",
      /^must be a number above 0$/,
    ]),
    [
      "a dialect of OpenAPI that is none",
      { $schema: "https://spec.openapis.org/oas/3.1/dialect/latest" },
      "schema.$schema",
      /^must be "https:/,
    ],
    [
      "another dialect",
      { $schema: "http://json-schema.org/draft-03/schema#" },
      "schema.$schema",
      /^must be "https:/,
    ],
    [
      "a reference to elsewhere",
      { items: { $ref: "https://example.com/s" } },
      "schema.items.$ref",
      /^must point into/,
    ],
    ["a reference to a file", { $ref: "other.json#/a" }, "schema.$ref", /^must point into/],
    [
      "a dynamic reference that has a choice",
      {
        $dynamicRef: "#x",
        $defs: { a: { $id: "a", $dynamicAnchor: "x" }, b: { $dynamicAnchor: "x" } },
      },
      "schema.$dynamicRef",
      /use \$ref$/,
    ],
    ["a name that is no URI", { $id: "https://" }, "schema.$id", /^must be a URI/],
    [
      "a name that another has",
      { $defs: { a: { $id: "x" }, b: { $id: "x" } } },
      "schema.$defs.b.$id",
      /^is the name of another/,
    ],
    ["a vocabulary", { $vocabulary: {} }, "schema.$vocabulary", /^is not taken/],
    ["a reference to nothing", { $ref: "#/$defs/a" }, "schema.$ref", /^points to nothing/],
    ["recursion without end", { $ref: "#" }, "schema", /^recurses without end/],
    [
      "a circle in two steps",
      { $ref: "#/$defs/a", $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } },
      "schema",
      /^recurses/,
    ],
    [
      "a pattern that is none",
      { properties: { a: { pattern: "(" } } },
      "schema.properties.a.pattern",
      /^as a pattern is not a regular expression/,
    ],
    [
      "one that looks both ways",
      { pattern: "(?<=b)c(?=a)" },
      "schema.pattern",
      /looks both ahead and behind/,
    ],
    ["one that refers back", { pattern: "^(a)\\1" }, "schema.pattern", /back reference/],
    ["one that only RE2 knows", { pattern: "(?i)a" }, "schema.pattern", /is not a regular expression/],
    ["one that sets flags", { pattern: "(?i:a)" }, "schema.pattern", /sets flags/],
    ["one with a needless backslash", { pattern: "\\@" }, "schema.pattern", /escape only/],
    [
      "one among the properties",
      { patternProperties: { "(a)\\1": {} } },
      "schema.patternProperties.(a)\\1",
      /back reference/,
    ],
    [
      "one that is long",
      { pattern: "a".repeat(limits.patternLength + 1) },
      "schema.pattern",
      /2048 is the limit/,
    ],
    ["one that is large", { pattern: "([a-z]{900}){4}" }, "schema.pattern", /too large/],
    [
      "more patterns than are taken",
      { allOf: patterns(limits.patternsPerSchema + 1) },
      "schema",
      /50 different patterns/,
    ],
    ["more bytes than are taken", { $defs: manyDefs }, "schema", /65536 is the limit;/],
  ])("%s", async (_, schema, path, message) => {
    const [first, ...rest] = await refused(schema);
    expect(first?.path).toBe(path);
    expect(first?.message).toMatch(message);
    expect(rest).toEqual([]);
  });

  test("nested too deeply", async () => {
    const [first] = await refused(deep);
    expect(first?.path).toMatch(/^schema\.not\.not/);
    expect(first?.message).toMatch(/64 levels$/);
  });

  test("several places, at most 20", async () => {
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, { type: n }]));
    const fields = await refused({ properties });
    expect(fields).toHaveLength(limits.misfits);
    expect(new Set(fields.map(({ path }) => path)).size).toBe(limits.misfits);
  });
});

test("nothing is kept of a schema that is refused, nor of many at once", async () => {
  const schemas = Array.from({ length: 20 }, (_, n) => ({ const: n, ...(n % 2 && { type: "wrong" }) }));
  const answers = await Promise.all(schemas.map(refused));
  expect(answers.map((fields) => fields.length)).toEqual(schemas.map((_, n) => n % 2));
});
