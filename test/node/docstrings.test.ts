import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, SRC } from "./sources.ts";

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, { default: string }>;
};
/** Entry points, relative to `src`. */
const entries = Object.values(exports).map((entry) =>
  entry.default.replace("./dist/", "").replace(/\.js$/, ".ts"),
);

const read = (file: string) => readFileSync(join(SRC, file), "utf8");
const DECLARED = /(\*\/\n)?export (?:async )?(?:const|function|class|interface|type) (\w+)/g;
const HANDED_ON = /export (?:type )?\{([^}]*)\} from "([^"]+)"/g;
const ALL_HANDED_ON = /export (?:type )?\* from "([^"]+)"/g;

/** Names that a file exports, each with whether a docstring stands before its declaration. */
function exportsOf(file: string): Map<string, boolean> {
  const text = read(file);
  const at = (path: string) => normalize(join(dirname(file), path));
  const found = new Map([...text.matchAll(DECLARED)].map(([, end, name = ""]) => [name, end !== undefined]));
  for (const [, names = "", path = ""] of text.matchAll(HANDED_ON)) {
    const theirs = exportsOf(at(path));
    for (const name of names.split(",").map((one) => one.replace(/\btype /, "").trim()))
      if (name) found.set(name, theirs.get(name.split(" as ")[0] ?? "") ?? false);
  }
  for (const [, path = ""] of text.matchAll(ALL_HANDED_ON))
    for (const [name, hasDocstring] of exportsOf(at(path))) found.set(name, hasDocstring);
  return found;
}

describe.each(entries)("the entry %s", (entry) => {
  test("has a docstring for every name that it exports", () => {
    const names = exportsOf(entry);
    expect(names.size).toBeGreaterThan(0);
    expect([...names].filter(([, hasDocstring]) => !hasDocstring).map(([name]) => name)).toEqual([]);
  });
});

/** Words of the language and of the trade, which mean in the names of types what they mean anywhere. */
const PLAIN = new Set(
  `box client config error fetch input new operations options query server span test under env answer answers
  binding change base address call detail names request name selection if of
  committed delivered dismissed listed listening made refused skipped`.split(/\s+/),
);

/** `dismissed` is of **dismiss**, `handlers` and `handled` of **handler**. */
const stemOf = (word: string) => word.replace(/(?:ies|ied)$/, "y").replace(/(?:ings?|ed|ers?|es|s|e)$/, "");

test("the glossary has every noun in the names of exported types", () => {
  const glossary = readFileSync(join(ROOT, "docs/reference/glossary.md"), "utf8");
  const terms = [...glossary.matchAll(/\*\*([^*]+)\*\*/g)].flatMap(([, term = ""]) =>
    term.toLowerCase().split(/\s+/),
  );
  const known = new Set(terms.map(stemOf));
  const types = entries
    .flatMap((entry) => [...exportsOf(entry).keys()])
    .filter((name) => /^[A-Z]/.test(name));
  const words = new Set(
    types.flatMap((name) => name.match(/[A-Z][a-z]+/g) ?? []).map((word) => word.toLowerCase()),
  );
  const missing = [...words].filter((word) => !PLAIN.has(word) && !known.has(stemOf(word)));
  expect(missing, "Add a row to docs/reference/glossary.md, or use a word that is there").toEqual([]);
});
