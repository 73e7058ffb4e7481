import { describe, expect, test } from "vitest";
import { knownAs } from "../../src/outbox/known-types.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { sharedThread } from "../../src/platform/meter.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import { newTypes } from "../support/known-types.ts";

const heavy = JSON.stringify({
  allOf: Array.from({ length: limits.patternsPerSchema }, (_, n) => ({ pattern: `x${n}` })),
});
const row = (name: string, schema = heavy) => ({ name, schema });

/** So many heavy schemas that they are more than what is kept. */
const many = Array.from(
  { length: Math.ceil(limits.schemasKeptBytes / (limits.patternsPerSchema * limits.patternBytes)) + 1 },
  (_, number) => `heavy-${number}`,
);

describe("an isolate's knowledge of event types", () => {
  test("is not made ready again at the same version, whatever is read", async () => {
    const types = newTypes();
    const first = await types.learn("acme", ["a"], { version: 1, schemas: [row("a")] });
    const again = await types.learn("acme", ["a"], { version: 1, schemas: [row("a", "not even JSON")] });
    expect(again.schemas.get("a")?.schema).toBe(first.schemas.get("a")?.schema);
  });

  test("nor at another version, where its schema is the same", async () => {
    const types = newTypes();
    const rows = [row("a"), row("b")];
    const first = await types.learn("acme", ["a", "b"], { version: 1, schemas: rows });
    const changed = await types.learn("acme", ["a", "b"], {
      version: 2,
      schemas: [row("a"), row("b", '{"type":"string"}')],
    });
    expect(changed.schemas.get("a")?.schema).toBe(first.schemas.get("a")?.schema);
    expect(changed.schemas.get("b")?.schema).not.toBe(first.schemas.get("b")?.schema);
  });

  test("stops at the first event type that is too much for one commit, known before or not", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const rows = names.map((name) => row(name));
    const types = newTypes();
    const fits = Math.floor(limits.schemaWeightPerCommit / surveySchema(heavy).weight);
    const learnt = await types.learn("acme", names, { version: 1, schemas: rows });
    expect(learnt.beyond).toBe(names[fits]);
    expect([...learnt.schemas.keys()]).toEqual(names.slice(0, fits));
    for (const name of names) await types.learn("acme", [name], { version: 1, schemas: [row(name)] });
    expect(types.of("acme", names)?.beyond).toBe(names[fits]);
    expect(types.of("acme", names.slice(0, fits))?.beyond).toBeUndefined();
  });

  test("others have their turn between schemas that cost much", async () => {
    let turns = 0;
    const types = newTypes();
    const meter = sharedThread({ ...systemClock, sleep: async () => void turns++ });
    await types.learn("acme", ["a", "b"], { version: 1, schemas: [row("a"), row("b")] }, meter);
    expect(turns).toBe(2);
    const light = JSON.stringify({ type: "string" });
    await types.learn("acme", ["c", "d"], { version: 1, schemas: [row("c", light), row("d", light)] }, meter);
    expect(turns).toBe(2);
  });

  test("lets go of single event types, those asked for least recently first", async () => {
    const types = newTypes();
    for (const name of many) await types.learn("acme", [name], { version: 1, schemas: [row(name)] });
    const known = types.of("acme", many)?.schemas;
    expect(known?.has("heavy-0")).toBe(false);
    expect(known?.has(many.at(-1) ?? "")).toBe(true);
    expect(known?.size).toBeGreaterThan(many.length - 4);
    types.of("acme", ["heavy-3"]);
    for (const name of ["other-1", "other-2", "other-3"])
      await types.learn("umbrella", [name], { version: 1, schemas: [row(name)] });
    const left = types.of("acme", many)?.schemas;
    expect(left?.has("heavy-3")).toBe(true);
    expect(left?.has("heavy-4")).toBe(false);
  });

  test("of whoever has most goes first: a tenant that asks for ever more takes nothing from the others", async () => {
    const types = newTypes();
    await types.learn("acme", ["a"], { version: 1, schemas: [row("a")] });
    for (const name of many) await types.learn("umbrella", [name], { version: 1, schemas: [row(name)] });
    expect(types.of("acme", ["a"])?.schemas.has("a")).toBe(true);
  });

  test("of names without an event type are some, however many somebody invents", async () => {
    const types = newTypes();
    const names = Array.from({ length: 3 * limits.bareTypesKept }, (_, n) => `invented-${n}`);
    await types.learn("acme", ["a"], { version: 1, schemas: [row("a")] });
    for (let n = 0; n < names.length; n += 100)
      await types.learn("acme", names.slice(n, n + 100), { version: 1, schemas: [] });
    const known = types.of("acme", ["a", ...names])?.schemas;
    expect(known?.size).toBeLessThanOrEqual(limits.bareTypesKept + 1);
    expect(known?.has("a")).toBe(true);
    expect(known?.has(names.at(-1) ?? "")).toBe(true);
  });

  test("of two commits at once is what both have learnt", async () => {
    const types = newTypes();
    const meter = sharedThread(systemClock);
    const learning = ["a", "b"].map((name) =>
      types.learn("acme", [name], { version: 1, schemas: [row(name)] }, meter),
    );
    await Promise.all(learning);
    expect([...(types.of("acme", ["a", "b"])?.schemas.keys() ?? [])]).toEqual(["a", "b"]);
  });

  test("stays what it was for a commit under way, whatever is let go of meanwhile", async () => {
    const types = newTypes();
    await types.learn("acme", ["a"], { version: 1, schemas: [row("a")] });
    const known = types.of("acme", ["a"]);
    await types.learn("acme", ["a"], { version: 2, schemas: [row("a", '{"type":"string"}')] });
    for (const name of many) await types.learn("umbrella", [name], { version: 1, schemas: [row(name)] });
    expect(known && knownAs(known, "a")?.text).toBe(heavy);
  });

  test("is of one version: what was known of another may not be in force", async () => {
    const types = newTypes();
    await types.learn("acme", ["a"], { version: 1, schemas: [row("a")] });
    const known = await types.learn("acme", ["b"], { version: 2, schemas: [row("b")] });
    expect(knownAs(known, "a")).toBeUndefined();
    expect(knownAs(known, "b")?.schema).toBeDefined();
  });
});
