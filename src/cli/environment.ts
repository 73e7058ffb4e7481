import type { DevFlags } from "./flags.ts";
import { localSetting } from "./local-settings.ts";
import { projectRoot } from "./wrangler.ts";

/** True if the server is one for development: a `--var` and the files of local settings may say otherwise. */
export function isDevelopment(flags: DevFlags, root = projectRoot): boolean {
  const environment = flags.environment ?? localSetting("ENVIRONMENT", flags, root) ?? "development";
  return environment.toLowerCase() === "development";
}

/**
 * Settings of a server on this machine, unless a `--var` or a file of local settings has them: it is one for development,
 * and keeps e-mails in the mailbox.
 */
export function environmentFlags(flags: DevFlags, root = projectRoot): string[] {
  const isSet = flags.environment !== undefined || localSetting("ENVIRONMENT", flags, root) !== undefined;
  const hasProvider =
    flags.emailProvider !== undefined || localSetting("EMAIL_PROVIDER", flags, root) !== undefined;
  return [
    ...(isSet ? [] : ["--var=ENVIRONMENT:development"]),
    ...(hasProvider || !isDevelopment(flags, root) ? [] : ["--var=EMAIL_PROVIDER:mailbox"]),
  ];
}
