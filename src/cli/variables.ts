import { CommandError } from "./program.ts";

/**
 * What `--var` sets; the last one of a name holds.
 * @param positionals as `--var A:1 B:2` sets both
 * @throws {CommandError} for a spelling that wrangler would take for something else
 */
export function readVariables(given: unknown, positionals: readonly string[]): Map<string, string> {
  const variables = [...[given ?? []].flat(), ...positionals].filter((value) => typeof value === "string");
  return new Map(variables.map(readVariable));
}

function readVariable(variable: string): [name: string, value: string] {
  const [, wrong] = /^(\w+)=/.exec(variable) ?? [];
  // wrangler would set a variable of the name "NAME=value", without a word.
  if (wrong !== undefined) {
    throw new CommandError(
      `Write --var ${wrong}:value, with a colon: wrangler does not take ${wrong}=value.`,
    );
  }
  const [name = "", ...value] = variable.split(":");
  return [name, value.join(":")];
}
