import { limits } from "../../platform/limits.ts";
import { isSpecial, readAddress } from "./special-address.ts";

/** Two labels at least, the last of letters alone, as top-level domains are. */
const PUBLIC_NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/** Domains under which nothing is public: by RFC 6761, 6762, 7686 and 9476, by ICANN's word, or by wide-spread use. */
const LOCAL_DOMAINS = new Set(
  (
    "local internal intranet intra private priv corp home lan mail domain workgroup localnet " +
    "arpa alt onion i2p svc consul docker"
  ).split(" "),
);
/** Wherever they stand: nobody gives an endpoint such a name. */
const LOCAL_LABELS = new Set(["localhost", "localdomain"]);

/** Public names that lead to the metadata service of a cloud, as its machines see it. */
const METADATA_NAMES =
  "metadata.goog metadata.tencentyun.com metadata.packet.net metadata.platformequinix.com metadata.cloud.ibm.com " +
  "metadata.nicob.net";

/** Services that answer with the address that stands in the name, or with two in turn. */
const ADDRESS_IN_NAME =
  "nip.io sslip.io xip.io traefik.me backname.io ip.es.io qip.sh anyip.dev ipv6-literal.net 1u.ms rbndr.us " +
  "rebind.network localdomain.pw";

/** Domains of others that lead to 127.0.0.1, or to a private address, mostly for the convenience of developers. */
const TO_LOOPBACK =
  "localtest.me localtest.org localtest.dev lvh.me vcap.me lacolhost.com localho.st localh.st localh.net localhost.tv " +
  "localhost.direct localhost.team localhost.cloud localhst.co.uk localhst.dev localfabriek.nl localmachine.info " +
  "localmachine.name localdev.me local.gd local.sisteminha.com lcl.host devlocal.dev bs-local.com ddev.site lndo.site " +
  "docksal.site docker.amazee.io fuf.me fbi.com yoogle.com mouse-potato.com domaincontrol.com smackaho.st 42foo.com " +
  "ulh.us cefgo.com nar0.com 127001.it l0pb.dev l0pb.me spoofed.burpcollaborator.net " +
  "bugbounty.dod.network mail.ebc.apple.com cfargotunnel.com";

const NOT_PUBLIC = new Set(`${METADATA_NAMES} ${ADDRESS_IN_NAME} ${TO_LOOPBACK}`.split(" "));

/** 8 hexadecimal digits that are an address. Only what chance seldom makes: hashes of 8 digits are common in names. */
const HEXADECIMAL = /(^|[.-])(00000000|7f0000..|0a0000..|a9fe....|c0a8....)($|[.-])/;

/**
 * Why a host name is not one of the public internet, as far as the name tells; undefined when it may be.
 * @param name in lower case and punycode, as the URL parser writes it, without the dot at the end
 */
export function refuseLocalName(name: string): string | undefined {
  const labels = name.split(".");
  const isLocal = LOCAL_DOMAINS.has(labels.at(-1) ?? "") || labels.some((label) => LOCAL_LABELS.has(label));
  if (isLocal) return "must not be a local name";
  if (name.length > limits.hostnameLength || !PUBLIC_NAME.test(name)) return "must have a public host name";
  if (domainsOf(name).some((domain) => NOT_PUBLIC.has(domain))) return "must not lead to a local address";
  if (spellsSpecialAddress(name)) return "must not have a local address in its name";
  return undefined;
}

/** The name itself, and all that it lies under: `a.b.c`, `b.c`, `c`. */
export function domainsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, position) => labels.slice(position).join("."));
}

/** As `127.0.0.1.example.com` and `app-10-0-0-1.example.com`, which whoever owns the domain can make true. */
function spellsSpecialAddress(name: string): boolean {
  const words = name.split(/[.-]/);
  const isAddress = (_: string, position: number) => {
    const address = readAddress(words.slice(position, position + 4).join("."));
    return address !== undefined && isSpecial(address);
  };
  return words.some(isAddress) || HEXADECIMAL.test(name);
}
