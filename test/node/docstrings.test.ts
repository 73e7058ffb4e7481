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
