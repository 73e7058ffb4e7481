import { distance } from "fastest-levenshtein";
import { nearest } from "./bindings.ts";
import { ConfigError } from "./errors.ts";

/** Bounds of a number, and what it is when nothing is set. */
export interface Range {
  from: number;
  to: number;
  otherwise: number;
}

/**
 * Reads a number.
 * @param noun what it is, in a refusal: `a number of seconds`
 */
export function amount(settings: Record<string, unknown>, name: string, noun: string, range: Range): number {
  const given = text(settings, name);
  if (given === undefined) return range.otherwise;
  const value = Number(given);
  if (!(value >= range.from && value <= range.to)) {
    throw new ConfigError(`${name} is "${given}", but must be ${noun} from ${range.from} to ${range.to}.`);
  }
  return value;
}

export function oneOf<const V extends string>(
  settings: Record<string, unknown>,
  name: string,
  values: readonly V[],
  otherwise: V,
): V {
  const given = text(settings, name);
  if (given === undefined) return otherwise;
  const value = values.find((value) => value === given.toLowerCase());
  if (value === undefined) {
    const hint = nearest(given, values);
    throw new ConfigError(`${name} is "${given}", but must be ${values.join(" or ")}.${hint}`);
  }
  return value;
}

/** An empty setting counts as none. Numbers and booleans may come from JSON. */
export function text(settings: Record<string, unknown>, name: string): string | undefined {
  const value = settings[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new ConfigError(`${name} must be text, but is of type ${typeof value}.`);
}

/**
 * Reads an address, without the slashes at its end.
 * @throws {ConfigError}
 */
export function readUrl(settings: Record<string, unknown>, name: string, otherwise: string): string {
  const given = text(settings, name) ?? otherwise;
  if (!URL.canParse(given))
    throw new ConfigError(`${name} is "${given}", but must be a URL, as "${otherwise}".`);
  return given.replace(/\/+$/, "");
}

/**
 * Refuses a misspelt setting: `RETRY_SCHEDUL=…` would otherwise be ignored silently.
 * @throws {ConfigError}
 */
export function refuseNearMisses(settings: Record<string, unknown>, names: readonly string[]): void {
  for (const given of Object.keys(settings)) {
    const meant = names.find((name) => name !== given && distance(name, given) <= 2);
    if (meant !== undefined && settings[meant] === undefined) {
      throw new ConfigError(`${given} is not a setting. Did you mean ${meant}?`);
    }
  }
}
