import { isDeepStrictEqual } from "node:util";

/** A parsed table or object of a configuration. */
export type Table = Record<string, unknown>;

/** A missing part of a configuration. */
export interface Addition {
  /** `append` adds to the list at this path, making it if needed; `set` sets a missing value. */
  kind: "append" | "set";
  at: readonly string[];
  value: unknown;
  /** Comment for later readers. Only where the format allows comments. */
  why?: string;
}

/** The file's layout does not allow an addition that certainly changes nothing else. */
export class CannotEdit extends Error {}

/**
 * The configuration with the addition, and nothing else changed. Objects on its path are copied, the rest is shared.
 * @throws {CannotEdit} when something else is there
 */
export function withAddition(table: Table, addition: Addition): Table {
  const [key = "", ...rest] = addition.at;
  const value = Object.hasOwn(table, key) ? table[key] : undefined;
  return copyWith(table, key, rest.length > 0 ? deeper(value, rest, addition) : changed(value, addition));
}

function deeper(value: unknown, rest: readonly string[], addition: Addition): Table {
  if (value !== undefined && !isTable(value)) throw new CannotEdit();
  return withAddition(value ?? {}, { ...addition, at: rest });
}

function changed(value: unknown, { kind, value: added }: Addition): unknown {
  if (kind === "append" && (value === undefined || Array.isArray(value))) return [...(value ?? []), added];
  if (kind === "set" && value === undefined) return added;
  throw new CannotEdit();
}

function copyWith(table: Table, key: string, value: unknown): Table {
  return Object.assign(Object.create(null), table, { [key]: value });
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** True if a text parses to the expected value: everything from before, and the addition. */
export function says(text: string, expected: Table, parse: (text: string) => unknown): boolean {
  try {
    return isDeepStrictEqual(bare(parse(text)), bare(expected));
  } catch {
    return false;
  }
}

/** Compares without prototypes, which differ between parsed and added objects. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isTable(value)) return value;
  return Object.assign(
    Object.create(null),
    ...Object.entries(value).map(([key, part]) => Object.assign(Object.create(null), { [key]: bare(part) })),
  );
}
