import type { z } from "zod";
import { invalid } from "../platform/errors.ts";

/**
 * Where a page begins is told to the caller as an opaque text: this is what it holds.
 * @throws {OutboxError} `invalid_input`
 */
export function positionFrom<S extends z.ZodType>(
  cursor: string | undefined,
  position: S,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const parsed = position.safeParse(JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))));
    if (parsed.success) return parsed.data;
  } catch {
    // Not base 64, or not JSON: as wrong as a position of another list.
  }
  throw invalid("cursor", "must be the nextCursor of a page of this list");
}

/** The text for where the next page begins; null when there is none. */
export function nextCursor(position: object | null): string | null {
  if (position === null) return null;
  return btoa(JSON.stringify(position)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
