import type { DevFlags } from "./flags.ts";
import { localSetting } from "./local-settings.ts";
import { projectRoot } from "./wrangler.ts";

/** True if the server is one for development: a `--var` and the files of local settings may say otherwise. */
export function isDevelopment(flags: DevFlags, root = projectRoot): boolean {
  const environment = flags.environment ?? localSetting("ENVIRONMENT", flags, root) ?? "development";
  return environment.toLowerCase() === "development";
}

/** Settings of a server on this machine, unless a `--var` or a file of local settings has them: it is one for development. */
export function environmentFlags(flags: DevFlags, root = projectRoot): string[] {
  const isSet = flags.environment !== undefined || localSetting("ENVIRONMENT", flags, root) !== undefined;
  return isSet ? [] : ["--var=ENVIRONMENT:development"];
}

/** Way of the e-mails of a server on this machine, in a few words: whoever has named a provider may think that it sends. */
export function wayOfEmails(flags: DevFlags, root = projectRoot): string {
  if (!isDevelopment(flags, root)) return "are sent";
  const { emailDev, emailDevAllow, emailProvider } = flags;
  const isLive = (emailDev ?? localSetting("EMAIL_DEV", flags, root))?.toLowerCase() === "live";
  if (isLive) {
    const allowed = emailDevAllow ?? localSetting("EMAIL_DEV_ALLOW", flags, root);
    return `to ${allowed} are sent, all others stay in the mailbox`;
  }
  const provider = emailProvider ?? localSetting("EMAIL_PROVIDER", flags, root);
  if (provider === undefined) return "stay in the mailbox";
  return `stay in the mailbox. To send some by ${provider}, set EMAIL_DEV=live and EMAIL_DEV_ALLOW`;
}
