import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Special addresses that `range()` of ipaddr.js takes for ordinary. It knows IANA's registries of special-purpose
 * addresses, within allocated space: https://www.iana.org/assignments/iana-ipv4-special-registry,
 * …/iana-ipv6-special-registry.
 */
const ALSO_SPECIAL = {
  /** Azure's platform, as its machines see it: DNS, health, the agent. */
  azure: [ipaddr.IPv4.parseCIDR("168.63.129.16/32")],
  /** The 6bone, given back (RFC 3701). */
  sixBone: [ipaddr.IPv6.parseCIDR("3ffe::/16")],
};

/** Allocated IPv6 (RFC 4291, 2.4). Local addresses, and addresses that stand for IPv4 ones, lie outside of it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** The address of a host as the URL parser writes it, or from a DNS answer. Undefined for a name. */
export function readAddress(host: string): Address | undefined {
  const text = host.replace(/^\[(.*)\]$/, "$1");
  if (text.includes(":")) return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
  // The library answers no by throwing, which is slow, and most hosts are names.
  const isNumeric = /^[\d.]+$/.test(text);
  return isNumeric && ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined;
}

/** This machine: 127.0.0.0/8, ::1, and the former as IPv6 writes it. */
export function isLoopback(address: Address): boolean {
  return ipaddr.process(address.toString()).range() === "loopback";
}

/**
 * True if an address is not on the public internet: private, local, shared, multicast, for documentation or reserved.
 * Every IPv6 address that stands for an IPv4 one counts as such.
 */
export function isSpecial(address: Address): boolean {
  if (address.range() !== "unicast" || ipaddr.subnetMatch(address, ALSO_SPECIAL) !== "unicast") return true;
  return address instanceof ipaddr.IPv6 && (!address.match(GLOBAL_UNICAST) || isIsatap(address));
}

/** An IPv4 address in the lower half of any network (RFC 5214, 6.1). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x0200);
}
