import { RE2JS, RE2Set } from "re2js";
import { limits } from "../platform/limits.ts";
import { type Translation, translatePattern, Untranslatable } from "./translate-pattern.ts";

/** How often each instruction may look at a character: where the states do not fit into memory, they are made anew. */
const PASSES = 2;
/** RE2JS's sign for the end of a text, in the place of a character. */
const END_OF_TEXT = -1;

/**
 * A regular expression of a schema, with ECMA-262's meaning under the flag `u`. It takes time in proportion to the text,
 * whatever the text, and memory up to a limit: payloads come from anywhere, and an isolate is shared.
 */
export class Pattern {
  readonly source: string;
  /** What a character of a text costs at most, in instructions that are looked at. */
  readonly cost: number;
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
    this.cost = isWalked(this.#set) ? 1 : this.#set.prog.numInst() * PASSES;
  }

  test(text: string): boolean {
    return this.#set.match(this.#backwards ? reverse(text) : text).length > 0;
  }
}

/**
 * Walks through all states of a set's automaton, and tells whether they were few enough: then each is made ready and stays in
 * memory, and a character is one step from one of them to the next.
 */
function isWalked(set: RE2Set): boolean {
  const { dfa } = set;
  // Makes the state that every text begins in. None has states where a pattern looks around.
  set.match("");
  if (dfa.failed) return false;
  const states = new Set(dfa.startStates.values());
  const runes = [0, ...dfa.classBounds, END_OF_TEXT];
  let looks = 0;
  for (const state of states) {
    looks += runes.length * (state.nfaStates.length + 1);
    if (looks > limits.patternLooks) return false;
    for (const [runeClass, rune] of runes.entries()) {
      const next = dfa.step(state, runeClass, rune, RE2Set.UNANCHORED);
      if (next === null) return false;
      states.add(next);
    }
  }
  return true;
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
