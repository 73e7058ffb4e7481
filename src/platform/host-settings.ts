import { ConfigError } from "./errors.ts";

const HOSTNAME = /^([a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/;

/**
 * Host names separated by commas, in lower case and punycode. A `*.` before one includes the hosts below it.
 * @throws {ConfigError}
 */
export function readOwnHostnames(given: string): readonly string[] {
  return given.split(",").map((part) => {
    const [, star = "", name = ""] = /^(\*\.)?([^/?#@:\\]+)$/.exec(part.trim()) ?? [];
    const url = `https://${name}`;
    const hostname = URL.canParse(url) ? new URL(url).hostname : "";
    if (HOSTNAME.test(hostname)) return `${star}${hostname}`;
    throw new ConfigError(
      `OWN_HOSTNAMES has "${part.trim()}", which is not a host name. ` +
        'Write names alone, separated by commas, as "outbox.example.com,*.acme.workers.dev".',
    );
  });
}

/**
 * The URL of a resolver. In development it may be one of this machine, over http.
 * @throws {ConfigError}
 */
export function readDnsUrl(given: string, isProduction: boolean): string {
  const said = 'a resolver that answers in JSON, as "https://cloudflare-dns.com/dns-query"';
  return readHttpsUrl("DNS_OVER_HTTPS_URL", given, { said, isProduction });
}

/**
 * An https URL; in development also one of this machine, over http.
 * @throws {ConfigError}
 */
export function readHttpsUrl(
  name: string,
  given: string,
  { said, isProduction }: { said: string; isProduction: boolean },
): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isOfThisMachine =
    url?.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const isAllowed = url?.protocol === "https:" || (isOfThisMachine && !isProduction);
  if (url && isAllowed && !url.username && !url.password && !url.hash) return url.href;
  // Its value is not told, because it may contain a password or an account.
  throw new ConfigError(
    `${name} must be the https URL of ${said}, without a user name, a password or a fragment.`,
  );
}
