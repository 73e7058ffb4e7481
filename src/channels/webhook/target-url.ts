import { limits } from "../../platform/limits.ts";
import { BLOCKED_PORTS } from "./blocked-ports.ts";
import { refuseLocalName } from "./local-name.ts";
import { isOwn } from "./own-hostname.ts";
import { type Address, isLoopback, isSpecial, readAddress } from "./special-address.ts";

export interface TargetRules {
  /** Development only: http, addresses of this machine, and names that are set aside for tests. */
  allowLoopback: boolean;
  /** Hostnames of the outbox itself, as `outbox.example.com` or `*.acme.workers.dev`. */
  ownHostnames: readonly string[];
}

/** A URL to send webhooks to, or the reason against it. */
type Target =
  | { refused: string }
  | {
      refused: undefined;
      url: URL;
      /** Name to look up by DNS; undefined for an address, and for this machine. */
      name: string | undefined;
    };

/** Reason for which a URL cannot receive webhooks; undefined when it can. */
export function refuseTarget(text: string, rules: TargetRules): string | undefined {
  return readTarget(text, rules).refused;
}

/**
 * Reads the URL of an endpoint. The URL is checked when it is stored, and before each send. A send must call the `href`
 * that is answered here, so that no other parser is involved.
 */
export function readTarget(text: string, rules: TargetRules): Target {
  if (text.length > limits.urlLength) return { refused: `must be at most ${limits.urlLength} characters` };
  if (!URL.canParse(text)) return { refused: 'must be a URL, as "https://example.com/webhooks"' };
  const url = new URL(text);
  const host = readHost(url);
  const refused =
    refuseForm(text, url) ?? (host.isLocal ? refuseLocal(rules) : refusePublic(text, url, host, rules));
  if (refused !== undefined) return { refused };
  return { refused, url, name: host.isLocal || host.address ? undefined : host.name };
}

interface Host {
  /** In lower case and punycode, without the dot at the end. */
  name: string;
  address: Address | undefined;
  /** This machine. */
  isLocal: boolean;
}

/** The URL parser has already turned decimal, octal and hexadecimal addresses into dotted ones. */
function readHost(url: URL): Host {
  const name = url.hostname.replace(/\.$/, "");
  const address = readAddress(name);
  return { name, address, isLocal: address ? isLoopback(address) : /(^|\.)localhost$/.test(name) };
}

/** Invisible characters, characters that parsers read differently, and percent-encoded control characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\\]|%[01][0-9a-f]|%7f/iu;

/** Text before the first slash that a lax parser could take for a user name. */
const CREDENTIALS = /^https?:\/\/[^/]*@/i;

function refuseForm(text: string, url: URL): string | undefined {
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must be an https URL";
  if (UNSAFE.test(text)) return "must not hold spaces, backslashes or invisible characters";
  if (authorityOf(text) === undefined) return "must have two slashes and a host after its scheme";
  if (CREDENTIALS.test(text)) return "must not hold a user name or a password";
  return text.includes("#") ? "must not have a fragment, which would never be sent" : undefined;
}

function refuseLocal({ allowLoopback }: TargetRules): string | undefined {
  if (allowLoopback) return undefined;
  return "must not point to this machine; in development ALLOW_LOOPBACK_ENDPOINTS=true allows it";
}

const HTTPS_PORT = "443";

function refusePublic(text: string, url: URL, host: Host, rules: TargetRules): string | undefined {
  const { name, address } = host;
  if (url.protocol !== "https:") return "must be an https URL";
  if (address && isSpecial(address)) return "must not be a private, reserved or otherwise special address";
  if (isOwn(name, rules.ownHostnames)) return "must not point to the outbox itself";
  const port = url.port || HTTPS_PORT;
  if (BLOCKED_PORTS.has(Number(port))) return `must not have port ${port}, which is not for HTTP`;
  return (address ? undefined : refuseLocalName(name, rules.allowLoopback)) ?? refuseSpelling(text, url);
}

/** `exam%70le.com`, `0x8.8.8.8`, `ｅxample.com`: this parser finds an ordinary host, but another may not. */
function refuseSpelling(text: string, url: URL): string | undefined {
  const [, host = "", port = HTTPS_PORT] = /^(.*?)(?::(\d+))?$/.exec(authorityOf(text) ?? "") ?? [];
  if (isPlain(host, url.hostname) && port === (url.port || HTTPS_PORT)) return undefined;
  return `must spell its host plainly, as "${url.host}"`;
}

/** True if only case and punycode differ. */
function isPlain(given: string, read: string): boolean {
  const labels = given.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).split(".");
  const readLabels = read.split(".");
  const isSame = (label: string, position: number) =>
    label === readLabels[position] || (/\P{ASCII}/u.test(label) && readLabels[position]?.startsWith("xn--"));
  return labels.length === readLabels.length && labels.every(isSame);
}

/**
 * Text between the slashes. `refuseForm` has refused every character that the parser would drop or take for a slash.
 */
function authorityOf(text: string): string | undefined {
  return /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
}
