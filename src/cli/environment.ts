import type { DevFlags } from "./flags.ts";
import { isSetLocally } from "./local-settings.ts";
import { projectRoot } from "./wrangler.ts";

/** Makes a server on this machine one for development, unless a `--var` or a file of local settings says what it is. */
export function environmentFlags(flags: DevFlags, root = projectRoot): string[] {
  const isSet = flags.environment !== undefined || isSetLocally("ENVIRONMENT", flags, root);
  return isSet ? [] : ["--var=ENVIRONMENT:development"];
}
