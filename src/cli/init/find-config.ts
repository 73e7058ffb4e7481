import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CommandError } from "../program.ts";

/** In wrangler's order of search. */
const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/**
 * The configuration to write to.
 * @param given by `--config`
 * @throws {CommandError} when there is none
 */
export function findConfig(folder: string, given: string | undefined): string {
  if (given !== undefined) return requireConfig(resolve(folder, given), given);
  const found = configIn(folder);
  if (found !== undefined) return found;
  const above = firstAbove(folder);
  throw new CommandError(
    `There is no wrangler.jsonc, wrangler.json or wrangler.toml in ${folder}. ` +
      (above === undefined
        ? "Run init in the folder of your Worker, or name its configuration with --config. `npm create cloudflare@latest` makes a new Worker."
        : `The one above is ${above}: if it is meant, run init there, or name it with --config.`),
  );
}

function requireConfig(path: string, given: string): string {
  if (!existsSync(path)) throw new CommandError(`--config names ${given}, which does not exist.`);
  if (/\.(jsonc?|toml)$/.test(path)) return path;
  throw new CommandError(
    `${given} is not a configuration of wrangler that init can write to: its name must end in .jsonc, .json or .toml.`,
  );
}

function configIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

function firstAbove(folder: string): string | undefined {
  const parent = dirname(folder);
  if (parent === folder) return undefined;
  return configIn(parent) ?? firstAbove(parent);
}
