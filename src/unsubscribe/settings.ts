import { ConfigError } from "../platform/errors.ts";
import { readFolderUrl } from "../platform/portal-settings.ts";

/** Characters of the address that links begin with. */
const LONGEST_URL = 128;

/**
 * Bytes that the two headers of the longest link take. Its token has up to 700, so that the whole stays within the 870 that
 * Amazon SES takes in a header.
 */
export const LONGEST_HEADERS = 950;

/**
 * Address that unsubscribe links begin with. Undefined: there is none.
 * @throws {ConfigError}
 */
export function readUnsubscribeUrl(env: object, isProduction: boolean): string | undefined {
  const name = "EMAIL_UNSUBSCRIBE_URL";
  const said = 'the place where unsubscribe links are answered, as "https://app.example.com/u"';
  const url = readFolderUrl(env as Record<string, unknown>, name, { said, isProduction });
  if (url === undefined || (/^[\w./:[\]~-]+$/.test(url) && url.length <= LONGEST_URL)) return url;
  throw new ConfigError(
    `${name} must have at most ${LONGEST_URL} characters: letters, digits, ".", "_", "~", "-" and "/".`,
  );
}
