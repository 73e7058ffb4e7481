import { RE2JS, RE2Set } from "re2js";
import { limits } from "../platform/limits.ts";
import { type Translation, translatePattern, Untranslatable } from "./translate-pattern.ts";

/**
 * A regular expression of a schema, with ECMA-262's meaning under the flag `u`. It takes time in proportion to the text,
 * whatever the text, and memory up to a limit: payloads come from anywhere, and an isolate is shared.
 */
export class Pattern {
  readonly source: string;
  /** How many instructions it has: what a character of a text costs, at most. */
  readonly size: number;
  readonly #backwards: boolean;
  readonly #set = new RE2Set(RE2Set.UNANCHORED, RE2JS.LOOKBEHINDS, limits.patternBytes);

  /** @throws {Untranslatable} */
  constructor(source: string) {
    this.source = source;
    const { source: translated, backwards } = translate(source);
    this.#backwards = backwards;
    try {
      this.#set.add(translated);
      this.#set.compile();
    } catch {
      throw new Untranslatable("is too large; use minLength and maxLength for lengths");
    }
    this.size = this.#set.prog.numInst();
  }

  test(text: string): boolean {
    return this.#set.match(this.#backwards ? reverse(text) : text).length > 0;
  }
}

/** Halves of characters would find new partners: each is a U+FFFD. */
function reverse(text: string): string {
  return [...text.toWellFormed()].reverse().join("");
}

/**
 * How many instructions a pattern takes, about: it is translated and not compiled.
 * @throws {Untranslatable}
 */
export function checkPattern(source: string): number {
  return translate(source).size;
}

function translate(source: string): Translation {
  if (source.length > limits.patternLength) {
    throw new Untranslatable(
      `has ${source.length} characters, and ${limits.patternLength} is the limit; use several patterns under allOf`,
    );
  }
  return translatePattern(source);
}
