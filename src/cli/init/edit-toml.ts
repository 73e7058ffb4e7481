import { parse } from "smol-toml";
import { type Addition, CannotEdit, says, type Table, withAddition } from "./addition.ts";
import { blockToml, inlineToml, lineToml, pathToml } from "./render-toml.ts";

/**
 * Adds to a TOML text, without removing a character. Tries places from the best on, and takes the first text that
 * parses to exactly the expected value, so no place needs to be certain.
 * @throws {CannotEdit} when no place is found
 */
export function addToToml(text: string, addition: Addition, eol: string): string {
  const expected = withAddition(parse(text) as Table, addition);
  for (const candidate of candidates(text, addition, eol)) {
    if (says(candidate, expected, parse)) return candidate;
  }
  throw new CannotEdit();
}

function* candidates(text: string, addition: Addition, eol: string): Generator<string> {
  yield* atTheEnd(text, addition, eol);
  if (addition.kind === "append") yield* intoLists(text, inlineToml(addition.value), eol);
  yield* asNewKey(text, addition, eol);
}

/** A block of its own, which TOML allows after anything. */
function* atTheEnd(text: string, addition: Addition, eol: string): Generator<string> {
  const block = blockToml(addition);
  if (block === undefined) return;
  const comment = addition.why === undefined ? "" : `# ${addition.why}\n`;
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  yield text + `${gap}${comment}${block}\n`.replaceAll("\n", eol);
}

/** Before each `]` of the text, one of which may end the list. */
function* intoLists(text: string, item: string, eol: string): Generator<string> {
  for (const { index } of text.matchAll(/\]/g)) {
    const content = text.slice(0, index).trimEnd();
    const rest = text.slice(content.length);
    if (content.endsWith("[")) yield content + item + rest;
    if (/^\s*\n[ \t]*\]/.test(rest)) yield* onItsOwnLine(content, rest, item, eol);
    if (content.endsWith(",")) yield `${content} ${item}${rest}`;
    yield `${content}, ${item}${rest}`;
  }
}

/** The last line of a list with a line for each item. The line before may need a comma, before its comment. */
function* onItsOwnLine(content: string, rest: string, item: string, eol: string): Generator<string> {
  const start = content.lastIndexOf("\n") + 1;
  const line = content.slice(start);
  const added = `${eol}${/^[ \t]*/.exec(line)?.[0] ?? ""}${item}`;
  yield `${content}${added},${rest}`;
  yield `${content},${added}${rest}`;
  for (const { index } of line.matchAll(/[ \t]*#/g)) {
    yield `${content.slice(0, start + index)},${line.slice(index)}${added}${rest}`;
  }
}

/** A line of an existing table, after each line of the text; or a key in a table on one line. */
function* asNewKey(text: string, { kind, at, value }: Addition, eol: string): Generator<string> {
  const whole = kind === "append" ? [value] : value;
  const line = lineToml(at.at(-1) ?? "", whole);
  for (const place of placesForLines(text)) {
    const [before, after] = [text.slice(0, place), text.slice(place)];
    const start = before === "" || before.endsWith("\n") ? "" : eol;
    yield `${before}${start}${line}${eol}${after}`;
    if (at.length > 1) yield `${before}${start}${pathToml(at)} = ${inlineToml(whole)}${eol}${after}`;
  }
  for (const { index } of text.matchAll(/\}/g)) {
    const content = text.slice(0, index).trimEnd();
    const rest = text.slice(content.length);
    yield `${content}${content.endsWith("{") ? " " : ", "}${line}${rest.startsWith("}") ? " " : ""}${rest}`;
  }
}

/** After the lines about compatibility first, where its flags belong. */
function placesForLines(text: string): number[] {
  const places = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1), text.length];
  const isBest = (place: number) => /(^|\n)compatibility_date[^\n]*\n$/.test(text.slice(0, place));
  return [...places.filter(isBest), ...places];
}
