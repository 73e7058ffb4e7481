import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { DevFlags } from "./flags.ts";
import { projectRoot } from "./wrangler.ts";

/** The value of a setting in the files from which wrangler dev reads them; undefined if none has it. */
export function localSetting(name: string, flags: DevFlags, root = projectRoot): string | undefined {
  const values = filesOf(flags, root).map((file) => parseEnv(readFileSync(file, "utf8"))[name]);
  return values.findLast(Boolean);
}

/** Beside the configuration: the files of `--env-file`, or else the first existing one. */
function filesOf({ config, env, envFiles }: DevFlags, root: string): string[] {
  const folder = resolve(root, dirname(config ?? ""));
  const there = (files: readonly string[]) =>
    files.map((file) => resolve(folder, file)).filter((file) => existsSync(file));
  if (envFiles.length > 0) return there(envFiles);
  return there(env === undefined ? [".dev.vars"] : [`.dev.vars.${env}`, ".dev.vars"]).slice(0, 1);
}
