import { limits } from "../platform/limits.ts";
import { isPlatformLimit, PLATFORM_LIMIT, type Refusal, temporary } from "./channel.ts";
import { redact } from "./redact.ts";

const CLASSES: readonly [pattern: RegExp, error: string][] = [
  [/timeout|timed out|aborted/i, "timeout"],
  [/dns|getaddrinfo|name resolution|ENOTFOUND/i, "dns"],
  [/refused/i, "refused"],
  [/tls|ssl|certificate/i, "tls"],
  [/reset|disconnected|network connection lost|closed/i, "connection_lost"],
  // workerd's message for a name that does not resolve, or a TLS handshake that fails.
  [/internal error/i, "unreachable"],
];

/**
 * Refusal for an endpoint that was not reached, or whose connection broke. The class is a guess from the runtime's
 * message.
 */
export function networkRefusal(error: unknown, secrets: readonly string[]): Refusal {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (isPlatformLimit(error))
    return temporary(PLATFORM_LIMIT, { excerpt: text.slice(0, limits.errorLength) });
  const found = CLASSES.find(([pattern]) => pattern.test(text));
  return temporary(found?.[1] ?? "network", { excerpt: redact(text, secrets, limits.errorLength) });
}
