import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { DevFlags } from "./flags.ts";
import { projectRoot } from "./wrangler.ts";

/** Whether a file that wrangler dev reads settings from has this one. */
export function isSetLocally(name: string, flags: DevFlags, root = projectRoot): boolean {
  return filesOf(flags, root).some((file) => Boolean(parseEnv(readFileSync(file, "utf8"))[name]));
}

/** Beside its configuration: the files of `--env-file`, or else the first that there is. */
function filesOf({ config, env, envFiles }: DevFlags, root: string): string[] {
  const folder = resolve(root, dirname(config ?? ""));
  const there = (files: readonly string[]) =>
    files.map((file) => resolve(folder, file)).filter((file) => existsSync(file));
  if (envFiles.length > 0) return there(envFiles);
  return there(env === undefined ? [".dev.vars"] : [`.dev.vars.${env}`, ".dev.vars"]).slice(0, 1);
}
