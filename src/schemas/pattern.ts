import { RE2JS } from "re2js";
import { limits } from "../platform/limits.ts";

/** A pattern of a schema that cannot be used. `pointer`: where it stands in the schema, a JSON pointer. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly pointer: string;

  constructor(pointer: string, reason: string) {
    super(
      `must be a regular expression as RE2 takes them, without back references or looking around: ${reason}`,
    );
    this.pointer = pointer;
  }
}

/**
 * A regular expression that takes time in proportion to the text, whatever the text: payloads come from anywhere, and an
 * isolate is shared.
 * @throws {PatternError}
 */
export function compilePattern(source: string, pointer: string): RE2JS {
  if (source.length > limits.patternLength) {
    throw new PatternError(
      pointer,
      `it has ${source.length} characters, and ${limits.patternLength} is the limit`,
    );
  }
  try {
    // What JSON Schema asks for; RE2 takes some that are none.
    new RegExp(source, "u");
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    throw new PatternError(pointer, error instanceof Error ? error.message : String(error));
  }
}
