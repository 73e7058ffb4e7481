import type { Addition } from "./addition.ts";

/** A value on one line: `"text"`, `3`, `["a"]`, `{ binding = "DB" }`. */
export function inlineToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineToml).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, part]) => `${keyToml(key)} = ${inlineToml(part)}`);
  return `{ ${entries.join(", ")} }`;
}

/** Quotes keys that TOML would read differently. */
function keyToml(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}

export function pathToml(path: readonly string[]): string {
  return path.map(keyToml).join(".");
}

/** Text for the end of any file: a table, or a table with the new list. */
export function blockToml({ kind, at, value }: Addition): string | undefined {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isTable) {
    const header = kind === "append" ? `[[${pathToml(at)}]]` : `[${pathToml(at)}]`;
    return [header, ...Object.entries(value).map(([key, part]) => lineToml(key, part))].join("\n");
  }
  if (at.length < 2) return undefined;
  return `[${pathToml(at.slice(0, -1))}]\n${lineToml(at.at(-1) ?? "", kind === "append" ? [value] : value)}`;
}

export function lineToml(key: string, value: unknown): string {
  return `${keyToml(key)} = ${inlineToml(value)}`;
}
