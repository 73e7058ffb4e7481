import { CommandError } from "./program.ts";

/**
 * Variables that `--var` sets; the last of a name counts.
 * @param positionals as `--var A:1 B:2` sets both
 * @throws {CommandError} for a spelling that wrangler would misread
 */
export function readVariables(given: unknown, positionals: readonly string[]): Map<string, string> {
  const variables = [...[given ?? []].flat(), ...positionals].filter((value) => typeof value === "string");
  return new Map(variables.map(readVariable));
}

function readVariable(variable: string): [name: string, value: string] {
  const [, wrong] = /^(\w+)=/.exec(variable) ?? [];
  // wrangler would silently set a variable of the name "NAME=value".
  if (wrong !== undefined) {
    throw new CommandError(
      `Write --var ${wrong}:value, with a colon: wrangler does not take ${wrong}=value.`,
    );
  }
  const [name = "", ...value] = variable.split(":");
  return [name, value.join(":")];
}
