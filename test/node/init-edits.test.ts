import fc from "fast-check";
import { parse as parseToml, stringify } from "smol-toml";
import { describe, expect, test } from "vitest";
import { type Addition, CannotEdit, withAddition } from "../../src/cli/init/addition.ts";
import { editConfig } from "../../src/cli/init/edit-config.ts";
import { addToJson, parseJson } from "../../src/cli/init/edit-json.ts";
import { addToToml } from "../../src/cli/init/edit-toml.ts";
import { inlineToml, pathToml } from "../../src/cli/init/render-toml.ts";
import { isWithin } from "./init-folder.ts";

const cron: Addition = { kind: "append", at: ["triggers", "crons"], value: "* * * * *" };
const relay: Addition = {
  kind: "append",
  at: ["durable_objects", "bindings"],
  value: { name: "RELAY", class_name: "T" },
};
const queue: Addition = { kind: "append", at: ["queues", "producers"], value: { binding: "Q", queue: "q" } };
const flag: Addition = { kind: "append", at: ["compatibility_flags"], value: "nodejs_compat" };
const exported: Addition = { kind: "set", at: ["exports", "T"], value: { type: "durable-object" } };

describe("TOML, however it is written, is added to where a person would", () => {
  test.each<[string, Addition, string, string]>([
    [
      "a list on one line",
      cron,
      '[triggers]\ncrons = ["0 5 * * *"] # early\n',
      '[triggers]\ncrons = ["0 5 * * *", "* * * * *"] # early\n',
    ],
    [
      "an empty list",
      cron,
      "[triggers]\ncrons = [ ]\n[vars]\nA = 1\n",
      '[triggers]\ncrons = ["* * * * *" ]\n[vars]\nA = 1\n',
    ],
    [
      "a comma after the last",
      cron,
      '[triggers]\ncrons = ["a",]\n',
      '[triggers]\ncrons = ["a", "* * * * *"]\n',
    ],
    [
      "a line for each item",
      cron,
      '[triggers]\ncrons = [\n  "a", # one\n  "b" # two, ] three\n]\n',
      '[triggers]\ncrons = [\n  "a", # one\n  "b", # two, ] three\n  "* * * * *"\n]\n',
    ],
    [
      "a line for each item, and a comma after the last",
      cron,
      '[triggers]\ncrons = [\n  "a", # one\n  "b",\n]\n',
      '[triggers]\ncrons = [\n  "a", # one\n  "b",\n  "* * * * *",\n]\n',
    ],
    [
      "a comment after the last comma",
      cron,
      '[triggers]\ncrons = [\n  "a", # one\n]\n',
      '[triggers]\ncrons = [\n  "a", # one\n  "* * * * *",\n]\n',
    ],
    [
      "triggers without crons",
      cron,
      "[triggers]\n# none yet\n\n[vars]\nA = 1\n",
      '[triggers]\ncrons = ["* * * * *"]\n# none yet\n\n[vars]\nA = 1\n',
    ],
    [
      "triggers on one line",
      cron,
      'triggers = { crons = ["a"] }\n[vars]\nA = "]"\n',
      'triggers = { crons = ["a", "* * * * *"] }\n[vars]\nA = "]"\n',
    ],
    ["empty triggers on one line", cron, "triggers = {}\n", 'triggers = { crons = ["* * * * *"] }\n'],
    ["dotted keys", cron, 'triggers.crons = ["a"]\n', 'triggers.crons = ["a", "* * * * *"]\n'],
    [
      "bindings in a list",
      relay,
      '[durable_objects]\nbindings = [{ name = "A", class_name = "B" }]\n',
      '[durable_objects]\nbindings = [{ name = "A", class_name = "B" }, { name = "RELAY", class_name = "T" }]\n',
    ],
    [
      "queues on one line",
      queue,
      'queues = { consumers = [{ queue = "a" }] }\n',
      'queues = { consumers = [{ queue = "a" }], producers = [{ binding = "Q", queue = "q" }] }\n',
    ],
    [
      "queues by dotted keys",
      queue,
      'queues.consumers = [{ queue = "a" }]\n',
      'queues.consumers = [{ queue = "a" }]\n\n[[queues.producers]]\nbinding = "Q"\nqueue = "q"\n',
    ],
    [
      "brackets in texts and comments",
      cron,
      '# crons = []\nA = "crons = [\'x\']" # ]\n[triggers]\ncrons = ["]"]\n[b]\nc = [[]]\n',
      '# crons = []\nA = "crons = [\'x\']" # ]\n[triggers]\ncrons = ["]", "* * * * *"]\n[b]\nc = [[]]\n',
    ],
    [
      "a flag, beside the date",
      flag,
      'name = "a"\ncompatibility_date = "x"\nmain = "b"\n[vars]\n',
      'name = "a"\ncompatibility_date = "x"\ncompatibility_flags = ["nodejs_compat"]\nmain = "b"\n[vars]\n',
    ],
    [
      "a flag, where nothing stands before the first table",
      flag,
      "[vars]\nA = 1\n",
      'compatibility_flags = ["nodejs_compat"]\n[vars]\nA = 1\n',
    ],
    [
      "an export",
      exported,
      '[exports.Room]\ntype = "x"',
      '[exports.Room]\ntype = "x"\n\n[exports.T]\ntype = "durable-object"\n',
    ],
    [
      "an export on one line",
      exported,
      'exports = { Room = { type = "x" } }\n',
      'exports = { Room = { type = "x" }, T = { type = "durable-object" } }\n',
    ],
    ["a date", cron, "day = 2026-11-25\n", 'day = 2026-11-25\n\n[triggers]\ncrons = ["* * * * *"]\n'],
    ["nothing at all", cron, "", '[triggers]\ncrons = ["* * * * *"]\n'],
  ])("%s", (_, addition, text, expected) => {
    expect(addToToml(text, addition, "\n")).toBe(expected);
  });
});

describe("JSON, however it is written, is added to in its style", () => {
  test.each<[string, Addition, string, string]>([
    [
      "a list on one line",
      cron,
      '{\n  "triggers": { "crons": ["a"] }\n}\n',
      '{\n  "triggers": { "crons": ["a", "* * * * *"] }\n}\n',
    ],
    [
      "an empty list",
      queue,
      '{\n  "queues": { "producers": [] }\n}',
      '{\n  "queues": { "producers": [\n    {\n      "binding": "Q",\n      "queue": "q"\n    }\n  ] }\n}',
    ],
    [
      "a comment on the last item, which stays its own",
      cron,
      '{\n\t"triggers": {\n\t\t"crons": [\n\t\t\t"a" // about a\n\t\t]\n\t}\n}',
      '{\n\t"triggers": {\n\t\t"crons": [\n\t\t\t"a", // about a\n\t\t\t"* * * * *"\n\t\t]\n\t}\n}',
    ],
    [
      "a comma after the last",
      cron,
      '{\n  "triggers": {\n    "crons": [\n      "a", // about a\n    ],\n  },\n}',
      '{\n  "triggers": {\n    "crons": [\n      "a", // about a\n      "* * * * *",\n    ],\n  },\n}',
    ],
    [
      "a line for each object",
      queue,
      '{\n  "queues": {\n    "producers": [\n      { "queue": "a" }\n    ]\n  }\n}',
      '{\n  "queues": {\n    "producers": [\n      { "queue": "a" },\n      { "binding": "Q", "queue": "q" }\n    ]\n  }\n}',
    ],
    [
      "a list of comments",
      cron,
      '{\n  "triggers": {\n    "crons": [\n      // none yet, ]\n    ]\n  }\n}',
      '{\n  "triggers": {\n    "crons": [\n      // none yet, ]\n      "* * * * *"\n    ]\n  }\n}',
    ],
    [
      "nothing of it",
      relay,
      '{\n  "name": "a" // a\n  /* end } */\n}\n',
      '{\n  "name": "a", // a\n  /* end } */\n  "durable_objects": {\n    "bindings": [\n      {\n        "name": "RELAY",\n        "class_name": "T"\n      }\n    ]\n  }\n}\n',
    ],
    [
      "all on one line",
      relay,
      '{"name":"a"}',
      '{"name":"a", "durable_objects": { "bindings": [{ "name": "RELAY", "class_name": "T" }] }}',
    ],
    ["an empty object", cron, "{}", '{"triggers": { "crons": ["* * * * *"] }}'],
    [
      "a key twice, of which the last holds",
      cron,
      '{\n  "triggers": { "crons": [] },\n  "triggers": { "crons": ["a"] }\n}',
      '{\n  "triggers": { "crons": [] },\n  "triggers": { "crons": ["a", "* * * * *"] }\n}',
    ],
    [
      "an export",
      exported,
      '{\n  "exports": {}\n}',
      '{\n  "exports": {\n    "T": {\n      "type": "durable-object"\n    }\n  }\n}',
    ],
  ])("%s", (_, addition, text, expected) => {
    expect(addToJson(text, addition, "\n")).toBe(expected);
  });
});

describe("an uncertain addition", () => {
  const toTable: Addition = { kind: "append", at: ["vars", "A"], value: "x" };

  test("is not added", () => {
    expect(() => addToToml("[vars]\nA = 1\n", toTable, "\n")).toThrow(CannotEdit);
    expect(() => addToJson('{ "vars": { "A": 1 } }', toTable, "\n")).toThrow(CannotEdit);
    expect(() => addToJson('{ "vars": 1 }', toTable, "\n")).toThrow(CannotEdit);
    expect(() => addToToml("[exports.T]\n", exported, "\n")).toThrow(CannotEdit);
  });

  test.each([
    [
      "wrangler.toml",
      "[vars]\nA = 1\n",
      '[[queues.producers]]\nbinding = "Q"\nqueue = "q"\n\n[vars]\nA = ["x"]',
    ],
    [
      "wrangler.json",
      '{ "vars": { "A": 1 } }',
      'queues.producers, one more: { "binding": "Q", "queue": "q" }\n\nvars.A, one more: "x"',
    ],
  ])("is told, for %s, with all that is to be added by hand", (path, text, words) => {
    const file = { path, text, bom: false, eol: "\n" } as const;
    expect(() => editConfig(file, [queue, toTable])).toThrow(
      `${path} is written in a way that init cannot add to and be sure to change nothing else. Add this by hand, and run init again; nothing was written.\n\n${words}`,
    );
  });
});

const seed = Number(process.env["SEED"] ?? 1);
const name = fc.constantFrom("a", "B_1", "crons", "x.y", "ä", 'q"', "]", "#", "triggers", "queues");
const plain = fc.oneof(
  fc.string(),
  fc.constantFrom("]", "}", '"', "#", "//", "[triggers]"),
  fc.nat(),
  fc.boolean(),
);
const table = fc.dictionary(name, fc.oneof(plain, fc.array(plain, { maxLength: 3 })), { maxKeys: 3 });
const listed = fc.array(fc.dictionary(name, plain, { minKeys: 1, maxKeys: 2 }), { maxLength: 2 });
/** A configuration, with some of what is added to already there. */
const configs = fc.record(
  {
    name: fc.string(),
    vars: table,
    triggers: fc.record(
      { crons: fc.array(fc.string(), { maxLength: 3 }), more: plain },
      { requiredKeys: [] },
    ),
    durable_objects: fc.record({ bindings: listed }, { requiredKeys: [] }),
    queues: fc.record({ producers: listed, consumers: listed }, { requiredKeys: [] }),
    compatibility_flags: fc.array(fc.string(), { maxLength: 2 }),
    exports: fc.dictionary(fc.constantFrom("A", "B"), table, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
);
const additions = [cron, relay, queue, flag, exported];

describe(`every configuration stands unchanged afterwards (seed ${seed})`, () => {
  const check = (text: string, eol: string, add: typeof addToToml, parse: (text: string) => unknown) => {
    let [now, expected] = [text, parse(text) as Record<string, unknown>];
    for (const addition of additions) {
      expected = withAddition(expected, addition);
      now = add(now, addition, eol);
    }
    expect(JSON.parse(JSON.stringify(parse(now)))).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(isWithin(text, now)).toBe(true);
  };

  test("in JSON, of any indentation", () => {
    const spaces = fc.constantFrom(undefined, 2, 4, "\t");
    const eols = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(configs, spaces, eols, (config, space, eol) => {
        check(JSON.stringify(config, null, space).replaceAll("\n", eol), eol, addToJson, parseJson);
      }),
      { seed, numRuns: 300 },
    );
  });

  test("in TOML, of every form", () => {
    const forms = fc.constantFrom("tables", "inline", "dotted", "library");
    const eols = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(configs, forms, eols, (config, form, eol) => {
        const text = form === "library" ? stringify(config) : writeToml(config, form);
        check(text.replaceAll("\n", eol), eol, addToToml, parseToml);
      }),
      { seed, numRuns: 300 },
    );
  });
});

/** A table each with a header, or on one line, or a line for each of its keys. */
function writeToml(config: object, form: "tables" | "inline" | "dotted"): string {
  const entries = Object.entries(config);
  const isTable = (value: unknown) => typeof value === "object" && !Array.isArray(value);
  const line = (path: string[], value: unknown) => `${pathToml(path)} = ${inlineToml(value)}\n`;
  const first = entries.filter(([, value]) => !isTable(value)).map(([key, value]) => line([key], value));
  const tables = entries
    .filter(([, value]) => isTable(value))
    .map(([key, value]) => {
      if (form === "inline") return line([key], value);
      const path = form === "dotted" ? [key] : [];
      const lines = Object.entries(value as object).map(([inner, part]) => line([...path, inner], part));
      return (form === "tables" ? `[${pathToml([key])}]\n` : "") + lines.join("");
    });
  return [...first, ...tables].join("# a comment, ] }\n");
}
