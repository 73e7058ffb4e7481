import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
export const SRC = join(ROOT, "src");

/** Files of TypeScript, except those that a program makes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes("node_modules") && !name.endsWith(".gen.ts"))
    .map((name) => join(folder, name));
}

/** An import or a re-export of a file of ours. Paths are relative to `src`. */
export interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
  /** Names that are imported, as the other file has them; undefined: all of it. */
  names: string[] | undefined;
}

export function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const pattern = /(?:import|export)\s+(type\s+)?(?:([^;"']*?)\s*from\s+)?"(\.[^"]+)"/g;
  const known = [...text.matchAll(pattern)].map(([, type, what = "", path = ""]) => ({
    ...placesOf(file, path),
    typeOnly: type !== undefined,
    names: namesIn(what, text),
  }));
  const loaded = [...text.matchAll(/import\("(\.[^"]+)"\)/g)].map(([, path = ""]) => ({
    ...placesOf(file, path),
    typeOnly: false,
    names: undefined,
  }));
  return [...known, ...loaded];
}

function placesOf(file: string, path: string) {
  return { from: relative(SRC, file), to: relative(SRC, normalize(join(dirname(file), path))) };
}

/** Names between braces; of `* as rooms` those after `rooms.`, unless all of it is handed on. */
function namesIn(what: string, text: string): string[] | undefined {
  const [, space] = /\* as (\w+)/.exec(what) ?? [];
  if (space !== undefined) {
    const used = [...text.matchAll(new RegExp(`\\b(?<!\\* as )${space}\\b(?:\\.(\\w+))?`, "g"))];
    return used.some(([, name]) => name === undefined) ? undefined : used.map(([, name = ""]) => name);
  }
  if (what.includes("*")) return undefined;
  const [, between = ""] = /\{([^}]*)\}/.exec(what) ?? [];
  return between
    .split(",")
    .map(
      (one) =>
        one
          .replace(/\btype /, "")
          .split(" as ")[0]
          ?.trim() ?? "",
    )
    .filter(Boolean);
}

const BROWSER = join(SRC, "dashboard/browser");
/** Files of the dashboard's front end, which runs in a browser. */
export const browserSources = filesBelow(BROWSER);
/** Files of everything else. */
export const sources = filesBelow(SRC).filter((file) => !file.startsWith(BROWSER));
export const imports = sources.flatMap(importsOf);
export const browserImports = browserSources.flatMap(importsOf);
