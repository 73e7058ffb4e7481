import { type Node, type ParseError, parse, parseTree } from "jsonc-parser";
import { type Addition, CannotEdit, says, type Table, withAddition } from "./addition.ts";
import { insertMember, type Place } from "./insert-json.ts";

/** JSON as wrangler reads it: with comments, and trailing commas. */
const READING = { allowTrailingComma: true };

/** @throws {Error} when it is not JSON with comments */
export function parseJson(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, READING);
  const [first] = errors;
  if (first) throw new Error(`line ${text.slice(0, first.offset).split("\n").length} is not JSON`);
  return value;
}

/**
 * Adds to JSON with comments, and only adds. The library would insert before the last item's comment, so only its tree
 * is used, to insert after it.
 * @throws {CannotEdit} when the result does not parse to the expected value
 */
export function addToJson(text: string, addition: Addition, eol: string): string {
  const expected = withAddition(parseJson(text) as Table, addition);
  const root = parseTree(text, [], READING);
  if (!root) throw new CannotEdit();
  const added = insertMember(text, placeFor(root, addition), eol);
  if (!says(added, expected, parseJson)) throw new CannotEdit();
  return added;
}

function placeFor(root: Node, { kind, at, value }: Addition): Place {
  let node = root;
  for (const [depth, key] of at.entries()) {
    // The last occurrence of a repeated key counts.
    const property = node.children?.findLast(({ children }) => children?.[0]?.value === key);
    const next = property?.children?.[1];
    if (!next) return { node, key, value: wrap(at.slice(depth + 1), kind === "append" ? [value] : value) };
    node = next;
  }
  return { node, key: undefined, value };
}

function wrap(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}
