import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** Pages that say of each sentence which test shows it. */
const PAGES = ["docs/guarantees.md", "docs/internals/invariants.md", "docs/operate/security.md"];

/** And the decisions, which may also link to a test file alone. */
const DECISIONS = readdirSync(join(ROOT, "docs/internals/decisions")).map(
  (name) => `docs/internals/decisions/${name}`,
);

interface Citation {
  page: string;
  /** The test file, from the project's root. */
  file: string;
  name: string;
}

/** After a link to a test file: `: "name", "name"` for tests, `, "name"` for a group of them. */
const CITATION = /\]\(([^)\s]+\.test\.ts)\)[:,]((?:\s*,?\s*"[^"]+")+)/g;

function citationsOf(page: string): Citation[] {
  const path = join(ROOT, page);
  return [...readFileSync(path, "utf8").matchAll(CITATION)].flatMap(([, link = "", names = ""]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => {
      return { page, file: relative(ROOT, join(dirname(path), link)), name: name.replace(/\s+/g, " ") };
    }),
  );
}

/** The names in a test file, of tests and of groups; `test.each(…)` has its own a pair of brackets later. */
function namesIn(file: string): Set<string> {
  const path = join(ROOT, file);
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const names = text.matchAll(/(?:\b(?:test|describe)|\))\(\s*"((?:[^"\\]|\\.)*)",/g);
  return new Set([...names].map(([, name = ""]) => JSON.parse(`"${name}"`)));
}

/** Of the tests that a page names, those that are not there under that name. */
const missingOn = (page: string) =>
  citationsOf(page)
    .filter(({ file, name }) => !namesIn(file).has(name))
    .map(({ file, name }) => `${file} has no "${name}"`);

test("the tests that the decisions name are there, under these names", () => {
  expect(DECISIONS.flatMap(citationsOf).length).toBeGreaterThan(20);
  expect(DECISIONS.flatMap((page) => missingOn(page).map((one) => `${page}: ${one}`))).toEqual([]);
});

describe.each(PAGES)("the tests that %s names", (page) => {
  test("are there, under these names", () => {
    expect(citationsOf(page).length).toBeGreaterThan(3);
    expect(missingOn(page)).toEqual([]);
  });

  test("are all seen by this test: no other quotation follows a link to one", () => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const quoted = [...text.matchAll(/\.test\.ts\)[^"[|;\n]*"/g)].length;
    expect([...text.matchAll(CITATION)]).toHaveLength(quoted);
  });
});
