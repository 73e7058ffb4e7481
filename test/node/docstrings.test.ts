import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { filesBelow, ROOT, SRC, sources } from "./sources.ts";

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, { default: string }>;
};
/** Entry points, relative to `src`. */
const entries = Object.values(exports).map((entry) =>
  entry.default.replace("./dist/", "").replace(/\.js$/, ".ts"),
);

const read = (file: string) => readFileSync(join(SRC, file), "utf8");
const DECLARED = /(\*\/\n)?export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/g;
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
  committed delivered dismissed listed listening made refused sent skipped`.split(/\s+/),
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

/** Comments of a file, each as one line: a block, or lines that follow one another. */
function commentsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const comments = text.matchAll(/^[ \t]*(?:\/\*\*[\s\S]*?\*\/|\/\/.*(?:\n[ \t]*\/\/.*)*)/gm);
  return [...comments].map(([comment]) =>
    comment
      .replace(/@example[\s\S]*/, "")
      .replace(/^[ \t]*(?:\/\*\*|\*\/|\*|\/\/)|\*\/$/gm, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
}

/** Sentences that begin with a relative have no subject. */
const RELATIVE =
  /(?:^|[.!?] )(?:(?:(?:By|In|To|For|Of|With|At|From|On) which|What|Who|Whose|Which|That|Those|The same|Whether)\b[^.]*)/g;

describe("comments", () => {
  const folders = [
    "examples",
    "bench/beside",
    "bench/cloudflare",
    "bench/peers",
    "test/support",
    "test/browser",
  ].map((folder) => join(ROOT, folder));
  const files = [...sources, ...folders.flatMap(filesBelow)];

  test("begin each sentence with the thing or what it does", () => {
    expect("What is gone. Which".match(RELATIVE)).toEqual(["What is gone", ". Which"]);
    const vague = files.flatMap((file) =>
      commentsOf(file).flatMap((comment) =>
        (comment.match(RELATIVE) ?? []).map((sentence) => `${relative(ROOT, file)}: ${sentence}`),
      ),
    );
    expect(vague).toEqual([]);
  });
});

/** Things that the examples take for granted, by the library's own types. */
const AROUND = `
interface Order { id: string; total: number }
declare const order: Order;
declare const token: string;
declare const env: import("${SRC}/index.ts").OutboxEnv & { DB: D1Database };
declare const outbox: ReturnType<typeof import("${SRC}/index.ts").createOutbox>;
declare const testing: import("${SRC}/testing/testing.ts").TestOutbox;
declare const client: import("${SRC}/client/client.ts").Client;
declare const exports: { default: Fetcher };
declare const expect: typeof import("vitest").expect;
declare const z: typeof import("zod");
declare const Hono: typeof import("hono").Hono;
`;

describe("the examples in docstrings", () => {
  const folder = mkdtempSync(join(tmpdir(), "edge-outbox-examples-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Code after each `@example`, to the end of its comment. */
  const examples = sources.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^ *\* @example\n((?: *\*(?!\/).*\n)+)/gm)].map(([, code = ""]) =>
      code.replace(/^ *\* ?/gm, ""),
    ),
  );

  /** Imports of the exported names that the code uses, each from the first entry that has it. */
  function importsFor(code: string): string {
    const used = new Set(code.match(/\b[A-Za-z]\w+\b/g));
    const libraries = entries.filter((entry) => entry !== "worker.ts");
    const lines = libraries.map((entry) => {
      const names = [...exportsOf(entry).keys()].filter((name) => used.delete(name));
      return names.length > 0 ? `import { ${names.join(", ")} } from "${join(SRC, entry)}";\n` : "";
    });
    return lines.join("");
  }

  test("compile against the library's own source", async () => {
    expect(examples.length).toBeGreaterThan(12);
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "around.d.ts"), AROUND);
    for (const [n, code] of examples.entries()) {
      writeFileSync(join(folder, `${n}.ts`), `${importsFor(code)}export {};\n${code}`);
    }
    const compilerOptions = {
      incremental: false,
      rootDir: "/",
      types: ["node", "@cloudflare/workers-types"],
      noUnusedLocals: false,
      verbatimModuleSyntax: false,
    };
    const tsconfig = { extends: join(ROOT, "tsconfig.json"), compilerOptions, include: ["."], exclude: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
    const compiled = promisify(execFile)(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder]);
    await expect(compiled.catch(({ stdout }) => Promise.reject(new Error(stdout)))).resolves.toBeDefined();
  });
});
