/** Translates a regular expression of ECMA-262 with the flag `u` into RE2's language. */
import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { RE2JS } from "re2js";
import { limits } from "../platform/limits.ts";
import { complement, LINE_ENDS, type Range, SPACES, withProperty } from "./code-points.ts";

/** Reason for which a pattern cannot be used, as a clause without a subject. */
export class Untranslatable extends Error {
  override readonly name = "Untranslatable";
}

export interface Translation {
  /** A pattern of RE2's, to be compiled with look-behinds. */
  source: string;
  /** RE2 looks behind but not ahead, so a pattern that looks ahead is reversed, for reversed texts. */
  backwards: boolean;
  /** Approximate number of the pattern's instructions. */
  size: number;
}

/** Weight of a property: its ranges, and their look-up where RE2 lacks the property. */
const SIZE_OF_PROPERTY = 100;
const SIZE_OF_LOOK_UP = 500;
/** RE2's own bound. */
const REPEATS_MAX = 1000;

/** @throws {Untranslatable} */
export function translatePattern(source: string): Translation {
  const pattern = parse(source);
  const looks = looksOf(pattern);
  if (looks.has("lookahead") && looks.has("lookbehind")) {
    throw new Untranslatable("looks both ahead and behind; use only one of them");
  }
  const writer = new Writer(looks.has("lookahead"));
  return { source: writer.write(pattern), backwards: writer.backwards, size: writer.size };
}

function parse(source: string): AST.Pattern {
  try {
    return new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode: true });
  } catch {
    throw new Untranslatable(
      "is not a regular expression of ECMAScript with the flag u; escape only characters that need it",
    );
  }
}

/** Directions in which a part of a pattern looks around. */
function looksOf(node: AST.Pattern | AST.Alternative | AST.Element): Set<string> {
  if (node.type === "Quantifier") return looksOf(node.element);
  const own = node.type === "Assertion" && "alternatives" in node ? [node.kind] : [];
  const inner = "alternatives" in node ? node.alternatives : node.type === "Alternative" ? node.elements : [];
  return new Set([...own, ...inner.flatMap((part) => [...looksOf(part)])]);
}

class Writer {
  readonly backwards: boolean;
  #instructions = 0;
  /** Weight of its Unicode properties, which repetitions share. */
  #tables = 0;
  readonly #lookedUp = new Set<string>();

  constructor(backwards: boolean) {
    this.backwards = backwards;
  }

  get size(): number {
    return this.#instructions + this.#tables;
  }

  write(pattern: AST.Pattern): string {
    return this.#alternatives(pattern.alternatives);
  }

  #alternatives(alternatives: readonly AST.Alternative[]): string {
    this.#grow(alternatives.length - 1);
    return alternatives.map(({ elements }) => this.#sequence(elements)).join("|");
  }

  #sequence(elements: readonly AST.Element[]): string {
    const parts = elements.map((element) => this.#element(element));
    return (this.backwards ? parts.reverse() : parts).join("");
  }

  #element(element: AST.Element): string {
    switch (element.type) {
      case "Character":
        this.#grow(1);
        return code(element.value);
      case "CharacterSet":
        this.#grow(1);
        return `[${this.#set(element)}]`;
      case "CharacterClass":
        this.#grow(1);
        return this.#class(element);
      case "Group":
        if (element.modifiers)
          throw new Untranslatable("sets flags within a group, which is not supported; remove them");
        return `(?:${this.#alternatives(element.alternatives)})`;
      case "CapturingGroup":
        return `(?:${this.#alternatives(element.alternatives)})`;
      case "Quantifier":
        return this.#quantifier(element);
      case "Assertion":
        return this.#assertion(element);
      default:
        throw new Untranslatable("has a back reference, which can take unbounded time; write it without");
    }
  }

  #quantifier({ element, min, max }: AST.Quantifier): string {
    const times = Number.isFinite(max) ? max : min;
    if (times > REPEATS_MAX) {
      throw new Untranslatable(`repeats more than ${REPEATS_MAX} times; use minLength and maxLength`);
    }
    const before = this.#instructions;
    const inner = this.#element(element);
    this.#grow((this.#instructions - before + 1) * Math.max(0, times - 1) + 1);
    return `(?:${inner}){${min},${Number.isFinite(max) ? max : ""}}`;
  }

  #assertion(assertion: AST.Assertion): string {
    this.#grow(1);
    if (assertion.kind === "word") return assertion.negate ? "\\B" : "\\b";
    if (!("alternatives" in assertion)) {
      return (assertion.kind === "start") === this.backwards ? "\\z" : "\\A";
    }
    return `(?<${assertion.negate ? "!" : "="}${this.#alternatives(assertion.alternatives)})`;
  }

  #class({ negate, elements }: AST.CharacterClass): string {
    if (elements.length === 0) return `[${negate ? "" : "^"}${rangesOf([[0, 0x10ffff]])}]`;
    const parts = elements.map((part) => {
      this.#grow(1);
      if (part.type === "Character") return code(part.value);
      if (part.type === "CharacterClassRange") return rangesOf([[part.min.value, part.max.value]]);
      if (part.type === "CharacterSet") return this.#set(part);
      throw new Untranslatable(
        "has a character class of the flag v, which is not supported; use one of the flag u",
      );
    });
    return `[${negate ? "^" : ""}${parts.join("")}]`;
  }

  /** Text of a set, for brackets. */
  #set(set: AST.CharacterSet): string {
    switch (set.kind) {
      case "any":
        return rangesOf(complement(LINE_ENDS));
      case "digit":
        return set.negate ? "\\D" : "\\d";
      case "word":
        return set.negate ? "\\W" : "\\w";
      case "space":
        return rangesOf(set.negate ? complement(SPACES) : SPACES);
      case "property":
        return this.#property(set.key, set.value, set.negate);
    }
  }

  /** RE2 knows categories and scripts by their usual names; other properties come from the runtime. */
  #property(key: string, value: string | null, negate: boolean): string {
    this.#growTables(SIZE_OF_PROPERTY);
    if (value !== null && key !== "Script_Extensions" && key !== "scx" && isKnownToRe2(value)) {
      return `\\${negate ? "P" : "p"}{${value}}`;
    }
    const name = value === null ? key : `${key}=${value}`;
    if (!this.#lookedUp.has(name)) this.#growTables(SIZE_OF_LOOK_UP);
    this.#lookedUp.add(name);
    const ranges = withProperty(name);
    return rangesOf(negate ? complement(ranges) : ranges);
  }

  #grow(instructions: number): void {
    this.#instructions += instructions;
    this.#requireBound();
  }

  #growTables(size: number): void {
    this.#tables += size;
    this.#requireBound();
  }

  #requireBound(): void {
    if (this.size > limits.patternSize) {
      throw new Untranslatable("is too large; use minLength and maxLength for lengths");
    }
  }
}

/** Cache of RE2's knowledge of categories and scripts; ECMA-262 has some hundred of them. */
const knownToRe2 = new Map<string, boolean>();

function isKnownToRe2(name: string): boolean {
  const known = knownToRe2.get(name) ?? canCompile(`\\p{${name}}`);
  knownToRe2.set(name, known);
  return known;
}

function canCompile(pattern: string): boolean {
  try {
    return RE2JS.compile(pattern) !== undefined;
  } catch {
    return false;
  }
}

function code(point: number): string {
  return `\\x{${point.toString(16)}}`;
}

function rangesOf(ranges: readonly Range[]): string {
  return ranges.map(([from, to]) => (from === to ? code(from) : `${code(from)}-${code(to)}`)).join("");
}
