import ipaddr from "ipaddr.js";
import { limits } from "../../platform/limits.ts";

export interface TargetRules {
  /** Development only: http, and addresses of this machine. */
  allowLoopback: boolean;
}

const LOCAL_NAME = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)$/;

/** Why a URL is not one to send webhooks to; undefined when it is. Checked when stored, and before each send. */
export function refuseTarget(text: string, rules: TargetRules): string | undefined {
  if (text.length > limits.urlLength) return `must be at most ${limits.urlLength} characters`;
  if (!URL.canParse(text)) return 'must be a URL, as "https://example.com/webhooks"';
  const url = new URL(text);
  if (url.username || url.password) return "must not hold a user name or a password";
  const host = hostOf(url);
  const loopback = isLoopback(host);
  if (loopback && rules.allowLoopback && (url.protocol === "http:" || url.protocol === "https:"))
    return undefined;
  if (loopback)
    return "must not point to this machine; in development ALLOW_LOOPBACK_ENDPOINTS=true allows it";
  if (url.protocol !== "https:") return "must be an https URL";
  if (LOCAL_NAME.test(host)) return "must not be a local name";
  if (isPrivateAddress(host)) return "must not be a private, reserved or otherwise special address";
  return undefined;
}

/** The URL parser has already turned decimal, octal and hexadecimal addresses into dotted ones. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback";
}

function isPrivateAddress(host: string): boolean {
  return ipaddr.isValid(host) && ipaddr.process(host).range() !== "unicast";
}
