import { RE2JS, RE2Set } from "re2js";
import { limits } from "../platform/limits.ts";
import { type Translation, translatePattern, Untranslatable } from "./translate-pattern.ts";

/** Number of times that states are made anew where they do not fit into memory. */
const PASSES = 2;
/** RE2JS's sign for the end of a text, in the place of a character. */
const END_OF_TEXT = -1;

/**
 * A regular expression of a schema, with ECMA-262's meaning under the flag `u`. It takes time linear in the text, and
 * bounded memory, because payloads come from anywhere, and an isolate is shared.
 */
export class Pattern {
  readonly source: string;
  /** Largest cost of a character of a text, in instruction visits. */
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
 * Walks through all states of a set's automaton, and answers true if they are few: then all stay in memory, and a
 * character is one step between states.
 */
function isWalked(set: RE2Set): boolean {
  const { dfa } = set;
  // Makes the initial state. Patterns that look around have no states.
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

/** Turned half surrogates could pair anew, so each becomes U+FFFD. */
function reverse(text: string): string {
  return [...text.toWellFormed()].reverse().join("");
}

/**
 * Approximate number of a pattern's instructions, by translating without compiling.
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
