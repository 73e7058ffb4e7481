import { RE2JS, RE2Set } from "re2js";
import { limits } from "../platform/limits.ts";

/** A pattern of a schema that cannot be used. `pointer`: where it stands in the schema, a JSON pointer. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly pointer: string;

  constructor(pointer: string, reason: string) {
    super(
      `must be a regular expression that ECMAScript with the flag u and RE2 both take, without back references, looking around or needless backslashes: ${reason}`,
    );
    this.pointer = pointer;
  }
}

/**
 * A regular expression of a schema. It takes time in proportion to the text, whatever the text, and memory up to a limit:
 * payloads come from anywhere, and an isolate is shared.
 */
export class Pattern {
  readonly source: string;
  /** How many instructions it has: what a character of a text costs, at most. */
  readonly size: number;
  readonly #set = new RE2Set(RE2Set.UNANCHORED, 0, limits.patternBytes);

  /**
   * `pointer`: where it stands in the schema.
   * @throws {PatternError}
   */
  constructor(source: string, pointer: string) {
    this.source = source;
    if (source.length > limits.patternLength) {
      throw new PatternError(
        pointer,
        `it has ${source.length} characters, and ${limits.patternLength} is the limit`,
      );
    }
    try {
      // What JSON Schema asks for; RE2 takes some that are none.
      new RegExp(source, "u");
      this.#set.add(RE2JS.translateRegExp(source));
      this.#set.compile();
    } catch (error) {
      throw new PatternError(pointer, error instanceof Error ? error.message : String(error));
    }
    this.size = this.#set.prog.numInst();
    if (this.size > limits.patternSize) {
      throw new PatternError(pointer, "it is too large; use minLength and maxLength for lengths");
    }
  }

  test(text: string): boolean {
    return this.#set.match(text).length > 0;
  }
}

/** How many patterns there are in a schema. */
export function countPatterns(schema: unknown): number {
  if (Array.isArray(schema)) return sum(schema.map(countPatterns));
  if (typeof schema !== "object" || schema === null) return 0;
  return sum(
    Object.entries(schema).map(([key, value]) => {
      if (key === "pattern" && typeof value === "string") return 1;
      const named =
        key === "patternProperties" && typeof value === "object" ? Object.keys(value ?? {}).length : 0;
      return named + countPatterns(value);
    }),
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
