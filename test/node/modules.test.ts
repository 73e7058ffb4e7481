import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import {
  browserImports,
  browserSources,
  filesBelow,
  importsOf,
  ROOT,
  SRC,
  imports as serverImports,
  sources as serverSources,
} from "./sources.ts";

const sources = [...serverSources, ...browserSources];
const imports = [...serverImports, ...browserImports];

describe("imports", () => {
  /** By each file, the files that it imports, for their types alone or not. */
  const graph = Map.groupBy(imports, ({ from }) => from);

  /** The shortest way from a file back to itself; undefined where there is none. */
  function circleFrom(start: string): string[] | undefined {
    const cameFrom = new Map<string, string>();
    const queue = [start];
    for (const file of queue) {
      for (const { to } of graph.get(file) ?? []) {
        if (to === start) return wayTo(file, cameFrom);
        if (cameFrom.has(to)) continue;
        cameFrom.set(to, file);
        queue.push(to);
      }
    }
    return undefined;
  }

  function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
    const before = cameFrom.get(end);
    return before === undefined ? [end] : [...wayTo(before, cameFrom), end];
  }

  test("make no circle, not even of types", () => {
    const circles = [...graph.keys()]
      .map(circleFrom)
      .filter((circle) => circle !== undefined)
      .map((circle) => [...circle, circle[0]].join(" → "));
    expect(circles, "Move what both need into a file of its own, or hand it over as an argument").toEqual([]);
  });
});

describe("exports", () => {
  /** Entry points in package.json; and the tables, whose migrations are made of them. */
  const ENTRIES = [
    "index.ts",
    "client/client.ts",
    "create-api.ts",
    "dashboard/dashboard.ts",
    "inbox/inbox.ts",
    "templates/email-templates.ts",
    "worker.ts",
    "db/schema.ts",
  ];
  const elsewhere = ["test", "bench", "examples"]
    .flatMap((folder) => filesBelow(join(ROOT, folder)))
    .flatMap(importsOf);
  const codeOf = (file: string) =>
    readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

  function exportsOf(file: string): string[] {
    const declared = /^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm;
    return [...codeOf(file).matchAll(declared)].map(([, name = ""]) => name);
  }

  const takes = (all: typeof imports, file: string, name: string) =>
    all.some(({ to, names }) => to === file && (names?.includes(name) ?? true));

  /** A test may look at a part of a file that uses it itself, and keeps alive nothing that the sources do without. */
  function isNeeded(file: string, name: string): boolean {
    if (takes(imports, file, name)) return true;
    const isUsedThere = [...codeOf(file).matchAll(new RegExp(`\\b${name}\\b`, "g"))].length > 1;
    return isUsedThere && takes(elsewhere, file, name);
  }

  test("are imported by somebody: by a file of src, or by a test of what its own file uses", () => {
    const idle = sources
      .map((file) => relative(SRC, file))
      .filter((file) => !ENTRIES.includes(file))
      .flatMap((file) =>
        exportsOf(file)
          .filter((name) => !isNeeded(file, name))
          .map((name) => `${file}: ${name}`),
      );
    expect(idle, 'Take the word "export" away, or the whole of it').toEqual([]);
  });
});
