import { limits } from "../../platform/limits.ts";
import { NOT_PUBLIC_HASHES, TOP_LEVEL_HASHES } from "./host-names.gen.ts";
import { hashOfName } from "./name-hash.ts";
import { spellsSpecialAddress } from "./spelt-address.ts";

/** Two labels at least. */
const PUBLIC_NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * Set aside for tests and examples (RFC 2606, RFC 6761): nobody owns them, but a developer's resolver may know them.
 */
const FOR_TESTS = new Set(["test", "example", "invalid"]);

/** Domains under which nothing is public: by RFC 6761, 6762, 7686 and 9476, by ICANN's word, or by wide-spread use. */
const LOCAL_DOMAINS = new Set(
  (
    "local internal intranet intra private priv corp home lan mail domain workgroup localnet " +
    "arpa alt onion i2p svc consul docker"
  ).split(" "),
);
/** Refused at any position: nobody gives an endpoint such a name. */
const LOCAL_LABELS = new Set(["localhost", "localdomain"]);

/**
 * Reason for which a host name cannot be public, as far as the name tells; undefined when it may be.
 * @param name in lower case and punycode, as the URL parser writes it, without the dot at the end
 * @param allowTests true if names that are set aside for tests are allowed
 */
export function refuseLocalName(name: string, allowTests: boolean): string | undefined {
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  const isLocal = LOCAL_DOMAINS.has(last) || labels.some((label) => LOCAL_LABELS.has(label));
  if (isLocal) return "must not be a local name";
  if (name.length > limits.hostnameLength || !PUBLIC_NAME.test(name)) return "must have a public host name";
  if (!isKnown(TOP_LEVEL_HASHES)(last) && !(allowTests && FOR_TESTS.has(last)))
    return `must have a public host name: there is no top-level domain ".${last}"`;
  if (domainsOf(name).some(isKnown(NOT_PUBLIC_HASHES))) return "must not lead to a local address";
  if (spellsSpecialAddress(name)) return "must not have a local address in its name";
  return undefined;
}

/** The name and all of its parents: `a.b.c`, `b.c`, `c`. */
export function domainsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, position) => labels.slice(position).join("."));
}

const sets = new Map<string, ReadonlySet<number>>();

/** Tells the names of a list by their hashes. */
function isKnown(hashes: string): (name: string) => boolean {
  const set = sets.get(hashes) ?? new Set(hashesOf(hashes));
  sets.set(hashes, set);
  return (name) => set.has(hashOfName(name));
}

/** Hashes by the steps from one to the next, of three bytes each, in base 64. */
function hashesOf(steps: string): number[] {
  const bytes = Uint8Array.from(atob(steps), (byte) => byte.charCodeAt(0));
  let hash = 0;
  return Array.from({ length: bytes.length / 3 }, (_, n) => {
    const [high = 0, middle = 0, low = 0] = bytes.subarray(3 * n);
    hash += (high << 16) | (middle << 8) | low;
    return hash;
  });
}
