import { describe, expect, test } from "vitest";
import { KnownTypes } from "../../src/outbox/known-types.ts";
import { limits } from "../../src/platform/limits.ts";

const heavy = JSON.stringify({ allOf: Array(limits.patternsPerSchema).fill({ pattern: "x" }) });
const row = (name: string, schema = heavy) => ({ name, schema });

/** So many heavy schemas that they are more than what is kept. */
const many = Array.from(
  { length: Math.ceil(limits.schemasKeptBytes / (limits.patternsPerSchema * limits.patternBytes)) + 1 },
  (_, number) => `heavy-${number}`,
);

describe("what an isolate knows of event types", () => {
  test("holds all that the commit being served has asked for, however heavy, and is not made ready again", async () => {
    const types = new KnownTypes();
    const first = await types.learn(
      "acme",
      1,
      many,
      many.map((name) => row(name)),
    );
    const known = types.of("acme", many);
    expect(many.every((name) => known?.schemas.get(name) === first.schemas.get(name))).toBe(true);
    // A payload that does not fit has it read again: at the same version nothing is compiled.
    const again = await types.learn(
      "acme",
      1,
      many,
      many.map((name) => row(name, "not even JSON")),
    );
    expect(many.every((name) => again.schemas.get(name) === first.schemas.get(name))).toBe(true);
  });

  test("lets go of single event types, those asked for least recently first", async () => {
    const types = new KnownTypes();
    for (const name of many) await types.learn("acme", 1, [name], [row(name)]);
    const known = types.of("acme", [])?.schemas;
    expect(known?.has("heavy-0")).toBe(false);
    expect(known?.has(many.at(-1) ?? "")).toBe(true);
    expect(known?.size).toBeGreaterThan(many.length - 4);
    types.of("acme", ["heavy-3"]);
    for (const name of ["other-1", "other-2", "other-3"])
      await types.learn("umbrella", 1, [name], [row(name)]);
    expect(types.of("acme", [])?.schemas.has("heavy-3")).toBe(true);
    expect(types.of("acme", [])?.schemas.has("heavy-4")).toBe(false);
  });

  test("is of one version: what was known of another is forgotten", async () => {
    const types = new KnownTypes();
    await types.learn("acme", 1, ["a"], [row("a")]);
    const { schemas } = await types.learn("acme", 2, ["b"], [row("b")]);
    expect([...schemas.keys()]).toEqual(["b"]);
  });
});
