import { domainsOf } from "./local-name.ts";
import { readAddress } from "./special-address.ts";

/** True if a host is one of the outbox's own. `*.acme.workers.dev` includes every host below it. */
export function isOwn(name: string, ownHostnames: readonly string[]): boolean {
  const domains = domainsOf(name);
  return ownHostnames.some((own) => own === name || (own.startsWith("*.") && domains.includes(own.slice(2))));
}

/**
 * The own hostname that a request to the outbox reveals: its host, and on workers.dev the whole account, as
 * `*.acme.workers.dev`. Undefined for an address and for a single word, which are refused anyway, except in
 * development.
 * @param hostname as `new URL(request.url).hostname` has it
 */
export function ownHostnameOf(hostname: string): string | undefined {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (readAddress(name) || !name.includes(".") || name.endsWith(".localhost")) return undefined;
  return /([^.]+\.workers\.dev)$/.exec(name)?.[1]?.replace(/^/, "*.") ?? name;
}
