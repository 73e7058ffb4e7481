import { vi } from "vitest";
import { PATIENCE_MS } from "./patience.ts";

/** Looks again and again until it does not throw, and answers what it answers. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: PATIENCE_MS, interval: 25 });
}
