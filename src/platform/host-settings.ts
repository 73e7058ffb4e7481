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

/** Receiver of metrics. */
export interface OtlpSettings {
  url: string;
  headers: Record<string, string>;
}

/**
 * Receiver of metrics, whose URL obeys the rule of a resolver's. Headers are written as OpenTelemetry writes them, in
 * percent-encoding: `name=value,name=value`. Undefined: no URL is set.
 * @throws {ConfigError}
 */
export function readOtlp(
  given: string | undefined,
  headers: string | undefined,
  isProduction: boolean,
): OtlpSettings | undefined {
  if (given === undefined) return undefined;
  const said = 'a receiver of OTLP over HTTP, as "https://otlp.example.com/v1/metrics"';
  const url = readHttpsUrl("OTLP_METRICS_URL", given, { said, isProduction });
  return { url, headers: Object.fromEntries((headers?.split(",") ?? []).map(readHeader)) };
}

function readHeader(pair: string): [string, string] {
  const [, name = "", value = ""] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(pair) ?? [];
  try {
    const decoded = decodeURIComponent(value.trim());
    new Headers([[name, decoded]]);
    return [name, decoded];
  } catch {
    // Its value is not told, because it is a secret.
    throw new ConfigError(
      'OTLP_HEADERS must be headers in percent-encoding, separated by commas, as "authorization=Bearer%20abc,x-scope=shop".',
    );
  }
}

function readHttpsUrl(
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
