import { describe, expect, test } from "vitest";
import { exampleOf } from "../../src/dashboard/browser/example.ts";

describe("an example of a schema", () => {
  test.each([
    ["an object", { properties: { a: { type: "string" }, b: { type: "integer" } } }, { a: "text", b: 1 }],
    ["a list", { type: "array", items: { type: "boolean" } }, [true]],
    ["a list of anything", { type: "array" }, []],
    ["a tuple", { prefixItems: [{ type: "string" }, { const: 2 }] }, ["text", 2]],
    ["examples before all else", { type: "string", examples: ["x"], enum: ["y"] }, "x"],
    ["a default", { type: "string", default: "z" }, "z"],
    ["an enumeration", { enum: ["red", "green"] }, "red"],
    ["a constant of null", { const: null }, null],
    ["a type that may be null", { type: ["null", "number"], minimum: 3 }, 3],
    ["a format", { type: "string", format: "email" }, "ada@example.com"],
    ["a format that nobody knows", { type: "string", format: "colour" }, "text"],
    ["the first of several", { oneOf: [{ const: 1 }, { const: 2 }] }, 1],
    [
      "all of several",
      { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
      { a: 1, b: 2 },
    ],
    [
      "a reference",
      { $defs: { id: { const: "1001" } }, properties: { id: { $ref: "#/$defs/id" } } },
      { id: "1001" },
    ],
    ["a reference with signs in it", { $ref: "#/$defs/a~1b", $defs: { "a/b": { const: 1 } } }, 1],
    ["a reference to nothing", { $ref: "#/$defs/none" }, {}],
    ["true", true, {}],
    ["text, which is none", "order", {}],
  ])("of %s", (_, schema, wanted) => {
    expect(exampleOf(schema)).toEqual(wanted);
  });

  test("of a schema that refers to itself comes to an end", () => {
    const tree = {
      $ref: "#/$defs/node",
      $defs: { node: { properties: { next: { $ref: "#/$defs/node" } } } },
    };
    expect(JSON.stringify(exampleOf(tree))).toMatch(/^(\{"next":)+\{\}\}+$/);
  });

  test("keeps the names that objects have by nature", () => {
    const schema = JSON.parse(
      '{ "properties": { "__proto__": { "const": 1 }, "constructor": { "const": 2 } } }',
    );
    expect(JSON.stringify(exampleOf(schema))).toBe('{"__proto__":1,"constructor":2}');
  });
});
