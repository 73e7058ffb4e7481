import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { DevFlags } from "./flags.ts";
import { projectRoot } from "./wrangler.ts";

/** Makes a server on this machine one for development, unless a `--var` or a file of local settings says what it is. */
export function environmentFlags(flags: DevFlags, root = projectRoot): string[] {
  const isSet = flags.environment !== undefined || localSettings(flags, root).some(setsEnvironment);
  return isSet ? [] : ["--var=ENVIRONMENT:development"];
}

/** The files that wrangler dev reads settings from, beside its configuration. */
function localSettings({ config, env, envFiles }: DevFlags, root: string): string[] {
  const folder = resolve(root, dirname(config ?? ""));
  const usual = env === undefined ? [".dev.vars"] : [`.dev.vars.${env}`, ".dev.vars"];
  if (envFiles.length > 0) return envFiles.map((file) => resolve(folder, file));
  return usual
    .map((file) => resolve(folder, file))
    .filter((file) => existsSync(file))
    .slice(0, 1);
}

function setsEnvironment(file: string): boolean {
  return existsSync(file) && Boolean(parseEnv(readFileSync(file, "utf8"))["ENVIRONMENT"]);
}
