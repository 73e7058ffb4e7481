import { ConfigError } from "../platform/errors.ts";
import { readHttpsUrl } from "../platform/host-settings.ts";
import { text } from "../platform/read-setting.ts";

/** Receiver of metrics. */
export interface OtlpSettings {
  url: string;
  headers: Record<string, string>;
}

/**
 * Reads the receiver of metrics. Headers are written as OpenTelemetry writes them, in percent-encoding:
 * `name=value,name=value`. Undefined: none is set.
 * @throws {ConfigError}
 */
export function readOtlp(env: object): OtlpSettings | undefined {
  const settings = env as Record<string, unknown>;
  const given = text(settings, "OTLP_METRICS_URL");
  const headers = text(settings, "OTLP_HEADERS");
  if (given === undefined) return undefined;
  const said = 'a receiver of OTLP over HTTP, as "https://otlp.example.com/v1/metrics"';
  const isProduction = text(settings, "ENVIRONMENT")?.toLowerCase() !== "development";
  const url = readHttpsUrl("OTLP_METRICS_URL", given, { said, isProduction });
  return { url, headers: Object.fromEntries((headers?.split(",") ?? []).map(readHeader)) };
}

/** Name of a header (RFC 9110), and its value. */
const HEADER = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=(.*)$/s;

function readHeader(pair: string): [string, string] {
  const [, name = "", value = ""] = HEADER.exec(pair) ?? [];
  const decoded = decode(value.trim());
  if (name !== "" && decoded !== undefined && !/[^\t\x20-\x7e]/.test(decoded)) return [name, decoded];
  // Its value is not told, because it is a secret.
  throw new ConfigError(
    'OTLP_HEADERS must be headers in percent-encoding, separated by commas, as "authorization=Bearer%20abc,x-scope=shop".',
  );
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
