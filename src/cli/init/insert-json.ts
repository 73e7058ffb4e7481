import { createScanner, type Node } from "jsonc-parser";
import { inlineJson, member, renderJson } from "./render-json.ts";

/** The object or list that gets a member. */
export interface Place {
  node: Node;
  /** Undefined in a list. */
  key: string | undefined;
  value: unknown;
}

/** As `createScanner` numbers it: the library's enum exists in TypeScript only. */
const COMMA = 5;
/** Longest value that stays on one line. */
const MAX_INLINE = 80;

/** The text with one more member, in the style of the existing ones, and after their comments. */
export function insertMember(text: string, place: Place, eol: string): string {
  const { node } = place;
  const closing = node.offset + node.length - 1;
  const last = node.children?.at(-1);
  const lastEnd = last ? last.offset + last.length : node.offset + 1;
  const hasComma = last !== undefined && commaFollows(text, lastEnd, closing);
  const end = text.slice(0, closing).trimEnd().length;
  const before = text.slice(0, lastEnd) + (last && !hasComma ? "," : "") + text.slice(lastEnd, end);
  return before + written(text, place, { hasComma, eol }) + text.slice(end);
}

function written(text: string, place: Place, { hasComma, eol }: { hasComma: boolean; eol: string }): string {
  const { node, value } = place;
  const named = (rendered: string) => (place.key === undefined ? rendered : member(place.key, rendered));
  const isOneLine = !textOf(text, node).includes("\n");
  const inline = named(inlineJson(value));
  const isFirst = node.children === undefined || node.children.length === 0;
  if (staysInline(text, node, inline)) return (isFirst ? "" : " ") + inline;
  const indent = indentOfMembers(text, node);
  const rendered = hasInlineSiblings(text, node)
    ? inline
    : named(renderJson(value, indentUnit(text), indent));
  const closingLine = isOneLine ? `\n${indentAt(text, node.offset)}` : "";
  return `\n${indent}${rendered}${hasComma ? "," : ""}${closingLine}`.replaceAll("\n", eol);
}

function staysInline(text: string, node: Node, inline: string): boolean {
  if (!text.includes("\n")) return true;
  const isEmpty = !node.children?.length;
  return !isEmpty && inline.length <= MAX_INLINE && !textOf(text, node).includes("\n");
}

/** A list with a line for each of its objects. */
function hasInlineSiblings(text: string, node: Node): boolean {
  const last = node.type === "array" ? node.children?.at(-1) : undefined;
  return last !== undefined && last.type === "object" && !textOf(text, last).includes("\n");
}

function textOf(text: string, { offset, length }: Node): string {
  return text.slice(offset, offset + length);
}

function commaFollows(text: string, from: number, to: number): boolean {
  const scanner = createScanner(text.slice(from, to), true);
  return (scanner.scan() as number) === COMMA;
}

/** Indentation of the first member, if it begins a line. */
function indentOfMembers(text: string, node: Node): string {
  const first = node.children?.[0];
  const isOnOwnLine = first !== undefined && text.slice(node.offset, first.offset).includes("\n");
  return isOnOwnLine ? indentAt(text, first.offset) : indentAt(text, node.offset) + indentUnit(text);
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Indentation of the first indented line. */
function indentUnit(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
}
