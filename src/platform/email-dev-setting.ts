import { ConfigError } from "./errors.ts";
import { parseMailbox } from "./mailbox-address.ts";
import { oneOf, text } from "./read-setting.ts";

type Values = Record<string, unknown>;
const MODE = "EMAIL_DEV";
const ALLOW = "EMAIL_DEV_ALLOW";

/**
 * Addresses to which development really sends, in lower case: an address, or `*@` and a domain. Undefined: to none.
 * @throws {ConfigError} naming the setting that is wrong or missing
 */
export function readEmailDev(settings: Values, isProduction: boolean): readonly string[] | undefined {
  const isLive = oneOf(settings, MODE, ["mailbox", "live"], "mailbox") === "live";
  const given = text(settings, ALLOW);
  if (isProduction) {
    const idle =
      given !== undefined ? ALLOW : text(settings, MODE) !== undefined && !isLive ? MODE : undefined;
    if (idle === undefined) return undefined;
    throw new ConfigError(
      `${idle} is set, but ENVIRONMENT is production, its default, which sends e-mails to everybody: nothing holds them back. ` +
        `Remove ${idle}, or where only your team is to get e-mails set ENVIRONMENT to development.`,
    );
  }
  const entries = (given ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  const allowed = entries.map(readEntry);
  if (isLive && allowed.length === 0) {
    throw new ConfigError(
      `${ALLOW} is missing, and ${MODE} is live. Set ${ALLOW} to the addresses that may get e-mails, as ` +
        `"*@ourteam.example, ada@example.com", or remove ${MODE}: e-mails then go to the mailbox.`,
    );
  }
  return isLive ? allowed : undefined;
}

function readEntry(entry: string): string {
  const isDomain = entry.startsWith("*@");
  const email = parseMailbox(isDomain ? `any${entry.slice(1)}` : entry)?.email.toLowerCase();
  if (email !== undefined && isDomain) return `*${email.slice("any".length)}`;
  // An asterisk within an address is one of its letters, which nobody means.
  if (email !== undefined && !email.includes("*")) return email;
  throw new ConfigError(
    `${ALLOW} has "${entry}", but must be addresses, as "ada@example.com", and domains, as "*@ourteam.example", separated by commas.`,
  );
}

/** True for an address of a list of `readEmailDev`. `address`: plain, in lower case. */
export function isAllowed(list: readonly string[], address: string): boolean {
  return list.includes(address) || list.includes(`*${address.slice(address.lastIndexOf("@"))}`);
}
