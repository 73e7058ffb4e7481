import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const DECISIONS = "docs/internals/decisions";
const LONGEST_CELL = 300;

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

const read = (page: string) => readFileSync(join(ROOT, page), "utf8");

/** A page without what stands in its boxes; its lines keep their numbers. */
const proseOf = (page: string) =>
  read(page).replace(FENCE, (box) => box.replace(/.*/g, (line) => (line === "" ? "" : " ")));

const codeOf = (page: string) =>
  [...read(page).matchAll(FENCE)].map(([, language, code]) => [language, code]);

/** The pages that people read; those of the schemas' own test suite are others'. */
const PAGES = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((page) => page !== "" && !page.startsWith("test/") && existsSync(join(ROOT, page)));

/** Every finding of every page, as `page:line finding`. */
const findIn = (pages: string[], find: (line: string, page: string) => string[]) =>
  pages.flatMap((page) =>
    proseOf(page)
      .split("\n")
      .flatMap((line, at) => find(line, page).map((finding) => `${page}:${at + 1} ${finding}`)),
  );

/** The name of a heading in links, as GitHub makes it. */
function slugOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim();
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsOf(page: string): Set<string> {
  const text = proseOf(page);
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = ""]) => id));
  for (const [, heading = ""] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = slugOf(heading);
    let name = slug;
    for (let n = 1; anchors.has(name); n++) name = `${slug}-${n}`;
    anchors.add(name);
  }
  return anchors;
}

const linksIn = (text: string) => [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

function isBroken(target: string, page: string): boolean {
  if (/^(https?|mailto):/.test(target)) return false;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, file))) return true;
  return anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).has(anchor);
}

const cellsOf = (line: string) =>
  line.startsWith("|") ? line.split(/(?<!\\)\|/).map((cell) => cell.trim()) : [];

/** The beginnings of sentences that name neither the thing nor what it does; quotations are others' words. */
function vagueBeginnings(line: string): string[] {
  if (line.startsWith("#")) return [];
  const beginnings =
    /(?:^(?: *(?:[-*]|\d+\.) )?(?:\*\*)?|[.!?]["”)]? (?:\*\*)?|\| )((?:What|Who|Which|That|Those|The same)\b[^.?|]*)(\?)?/g;
  return [...line.replace(/"[^"]*"/g, '""').matchAll(beginnings)]
    .filter(([, , question]) => question === undefined)
    .map(([, sentence = ""]) => sentence);
}

describe("every page", () => {
  test("links to files and headings that are there", () => {
    expect(PAGES.length).toBeGreaterThan(100);
    expect(findIn(PAGES, (line, page) => linksIn(line).filter((target) => isBroken(target, page)))).toEqual(
      [],
    );
  });

  test("keeps the cells of its tables short", () => {
    const long = (line: string) => cellsOf(line).filter((cell) => cell.length > LONGEST_CELL);
    expect(findIn(PAGES, long)).toEqual([]);
  });

  test("begins its sentences with the thing or what it does", () => {
    expect(vagueBeginnings("- What is gone stays gone. Fine.")).toEqual(["What is gone stays gone"]);
    const english = PAGES.filter((page) => !page.endsWith(".es.md"));
    expect(findIn(english, vagueBeginnings)).toEqual([]);
  });
});

test("the index of the decisions has each of them, with its title, a date and a status", () => {
  const index = read(`${DECISIONS}/README.md`);
  const rows = readdirSync(join(ROOT, DECISIONS))
    .filter((name) => /^\d{4}-/.test(name))
    .map((name) => {
      const [, number, title] = /^# (\d{4})\. (.+)$/m.exec(read(`${DECISIONS}/${name}`)) ?? [];
      return `| [${number}](${name}) | ${title} | `;
    });
  expect(rows.length).toBeGreaterThan(60);
  expect(rows.filter((row) => !index.includes(row))).toEqual([]);
  expect(
    index.match(/^\| \[\d{4}\].* \| \d{4}-\d\d-\d\d \| (accepted|amended|superseded).* \|$/gm),
  ).toHaveLength(rows.length);
});

describe("README.es.md is in step with README.md", () => {
  const both = (of: (page: string) => unknown) => [of("README.es.md"), of("README.md")];

  test("in its headings", () => {
    const [spanish, english] = both((page) => proseOf(page).match(/^#+(?= )/gm));
    expect(spanish).toEqual(english);
  });

  test("in its code and its commands", () => {
    const [spanish, english] = both((page) => [
      codeOf(page),
      [...proseOf(page).matchAll(/`[^`\n]+`/g)].map(([code]) => code).toSorted(),
    ]);
    expect(spanish).toEqual(english);
  });

  test("in its links, but that each leads to the other", () => {
    const [spanish, english] = both((page) =>
      linksIn(proseOf(page))
        .filter((target) => !/^README(\.es)?\.md$/.test(target))
        .toSorted(),
    );
    expect(spanish).toEqual(english);
  });
});
