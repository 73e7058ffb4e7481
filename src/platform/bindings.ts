import { distance } from "fastest-levenshtein";
import { ConfigError } from "./errors.ts";

/** @throws {ConfigError} naming the first missing binding, and the near miss if there is one */
export function requireBindings(env: object, names: readonly string[]): void {
  const bindings = env as Record<string, unknown>;
  for (const name of names) {
    if (bindings[name] === undefined || bindings[name] === null) {
      const hint = nearest(name, Object.keys(bindings));
      throw new ConfigError(
        `The binding ${name} is missing from wrangler.toml.${hint || " `npx edge-outbox init` adds it."}`,
      );
    }
  }
}

/** " Did you mean …?", or nothing. */
export function nearest(wanted: string, candidates: readonly string[]): string {
  const near = candidates.find((candidate) => candidate !== wanted && distance(candidate, wanted) <= 2);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}
