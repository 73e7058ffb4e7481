/** What it takes to make schemas ready: bounded before anything is compiled. No test here looks at a clock. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { limits } from "../../src/platform/limits.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";
import { Survey } from "../../src/schemas/survey.ts";

const refused = (schema: unknown) => refuseSchema(JSON.stringify(schema), "schema");

describe("a schema that would be costly to make ready is refused first", () => {
  test("with 30,000 places that are no schemas: the first 20 are told", async () => {
    const fields = await refused({ allOf: Array(30_000).fill(1) });
    expect(fields).toHaveLength(limits.misfits);
    expect(fields[0]).toEqual({
      path: "schema.allOf[0]",
      message: "must be a JSON Schema: an object, or true or false",
    });
  });

  test("with more schemas in it than are taken", async () => {
    expect(await refused({ allOf: Array(limits.subschemas - 1).fill({}) })).toEqual([]);
    expect(await refused({ allOf: Array(limits.subschemas).fill({}) })).toEqual([
      { path: "schema", message: "has more than 2000 schemas in it, which is the limit" },
    ]);
  });

  test("with names so long, and so deep, that the ways to its schemas are", async () => {
    const nested = { properties: { ["x".repeat(20_000)]: { allOf: Array(500).fill({}) } } };
    expect(await refused(nested)).toEqual([
      {
        path: "schema",
        message: "has names that are too long for how deep it is nested; use shorter ones, or $ref",
      },
    ]);
  });

  test("with patterns that are large together", async () => {
    const letters = (n: number) => `(\\p{L}|\\p{Lu}|\\p{Ll})${n}`;
    const allOf = Array.from({ length: limits.patternsPerSchema }, (_, n) => ({ pattern: letters(n) }));
    const [field] = await refused({ allOf });
    expect(field?.message).toMatch(/^has patterns that are too large together/);
  });

  test("but a pattern is counted once, in however many places it stands", async () => {
    const schema = z.object(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`id${n}`, z.uuid()])));
    expect(await refused(z.toJSONSchema(schema))).toEqual([]);
  });

  test("and a property of Unicode once, however often it is repeated: names of people have such patterns", async () => {
    expect(await refused({ pattern: "^[\\p{L}\\p{M} .'-]{1,100}$" })).toEqual([]);
  });

  test("with patterns that grow when they are written out", async () => {
    const [field] = await refused({ pattern: "(?:(?:(?:a{100}){100}){100}){100}" });
    expect(field).toMatchObject({ path: "schema.pattern", message: expect.stringMatching(/too large/) });
  });

  test("with many properties of Unicode that have to be looked up", async () => {
    const names =
      "Emoji ASCII ID_Start ID_Continue XID_Start XID_Continue Alphabetic Math Dash Hex_Digit Cased";
    const allOf = names.split(" ").map((name) => ({ pattern: `\\p{${name}}` }));
    const [field] = await refused({ allOf });
    expect(field?.message).toMatch(/^has patterns that are too large together/);
    expect(await refused({ allOf: allOf.slice(0, 9) })).toEqual([]);
  });

  test("and references do not multiply it: each schema is written once", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`d${n}`, { allOf: [{ $ref: `#/$defs/d${(n + 1) % 60}` }] }]),
    );
    const survey = new Survey({ anyOf: [{ $ref: "#/$defs/d0" }, {}], $defs });
    expect(survey.errors).toEqual([]);
    expect(survey.targets.size).toBe(60);
  });
});

describe("trying a schema out", () => {
  /** As many schemas to look at as two to the power of `levels`. */
  const doubling = (levels: number) => ({
    $ref: "#/$defs/0",
    $defs: Object.fromEntries(
      Array.from({ length: levels }, (_, n) => {
        const next = { $ref: `#/$defs/${n + 1}` };
        return [n, n + 1 < levels ? { anyOf: [next, next] } : { not: {} }];
      }),
    ),
  });

  async function stepsOf(schema: unknown) {
    const told: number[] = [];
    const meter = { charge: () => undefined, turn: async (steps: number) => void told.push(steps) };
    const fields = await refuseSchema(JSON.stringify(schema), "schema", meter);
    return { fields, told, all: told.reduce((sum, steps) => sum + steps, 0) };
  }

  test("takes no more steps than a check, and all of them are counted", async () => {
    const { fields, all } = await stepsOf(doubling(15));
    expect(fields[0]?.message).toMatch(/^recurses without end, or takes so long/);
    expect(all).toBeGreaterThan(limits.schemaSteps);
    expect(all).toBeLessThan(limits.schemaSteps * 1.1);
  });

  test("lets others have their turn between two samples", async () => {
    const { fields, told } = await stepsOf(doubling(9));
    expect(fields).toEqual([]);
    expect(told.length).toBeGreaterThan(5);
  });
});
