import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { DevFlags } from "./flags.ts";
import { projectRoot } from "./wrangler.ts";

/** True if a file from which wrangler dev reads settings has this one. */
export function isSetLocally(name: string, flags: DevFlags, root = projectRoot): boolean {
  return filesOf(flags, root).some((file) => Boolean(parseEnv(readFileSync(file, "utf8"))[name]));
}

/** Beside the configuration: the files of `--env-file`, or else the first existing one. */
function filesOf({ config, env, envFiles }: DevFlags, root: string): string[] {
  const folder = resolve(root, dirname(config ?? ""));
  const there = (files: readonly string[]) =>
    files.map((file) => resolve(folder, file)).filter((file) => existsSync(file));
  if (envFiles.length > 0) return there(envFiles);
  return there(env === undefined ? [".dev.vars"] : [`.dev.vars.${env}`, ".dev.vars"]).slice(0, 1);
}
