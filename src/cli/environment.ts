import type { DevFlags } from "./flags.ts";
import { isSetLocally } from "./local-settings.ts";
import { projectRoot } from "./wrangler.ts";

/**
 * Sets ENVIRONMENT to development for a server on this machine, unless a `--var` or a file of local settings sets it.
 */
export function environmentFlags(flags: DevFlags, root = projectRoot): string[] {
  const isSet = flags.environment !== undefined || isSetLocally("ENVIRONMENT", flags, root);
  return isSet ? [] : ["--var=ENVIRONMENT:development"];
}
