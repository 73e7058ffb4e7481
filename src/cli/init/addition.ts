import { isDeepStrictEqual } from "node:util";

/** A table, or an object, of a configuration as it was parsed. */
export type Table = Record<string, unknown>;

/** Something that a configuration lacks. */
export interface Addition {
  /** `append` adds to the list at this path, which is made if there is none; `set` makes what is not there. */
  kind: "append" | "set";
  at: readonly string[];
  value: unknown;
  /** For whoever reads the configuration later. Only where comments are allowed. */
  why?: string;
}

/** The file is written in a way that cannot be added to and be sure that nothing else has changed. */
export class CannotEdit extends Error {}

/**
 * The configuration with the addition, and nothing else changed. What is on the way to it is copied, the rest is shared.
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

/** Whether a text says what is expected of it: all that was there, and what was added. */
export function says(text: string, expected: Table, parse: (text: string) => unknown): boolean {
  try {
    return isDeepStrictEqual(bare(parse(text)), bare(expected));
  } catch {
    return false;
  }
}

/** Without prototypes, which are not the same for what was parsed and what was added. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isTable(value)) return value;
  return Object.assign(
    Object.create(null),
    ...Object.entries(value).map(([key, part]) => Object.assign(Object.create(null), { [key]: bare(part) })),
  );
}
