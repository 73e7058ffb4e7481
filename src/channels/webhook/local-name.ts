import { limits } from "../../platform/limits.ts";
import { spellsSpecialAddress } from "./spelt-address.ts";
import { TOP_LEVEL_DOMAINS } from "./top-level-domains.gen.ts";

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

/** Public names that lead to the metadata service of a cloud, as its machines see it. */
const METADATA_NAMES =
  "metadata.goog metadata.tencentyun.com metadata.packet.net metadata.platformequinix.com metadata.cloud.ibm.com " +
  "metadata.nicob.net";

/** Services that resolve a name to the address in it, or to two addresses in turn. */
const ADDRESS_IN_NAME =
  "nip.io sslip.io xip.io traefik.me backname.io ip.es.io qip.sh anyip.dev ipv6-literal.net 1u.ms rbndr.us " +
  "rebind.network localdomain.pw";

/** Public domains that lead to 127.0.0.1 or a private address, mostly for developers. */
const TO_LOOPBACK =
  "localtest.me localtest.org localtest.dev lvh.me vcap.me lacolhost.com localho.st localh.st localh.net localhost.tv " +
  "localhost.direct localhost.team localhost.cloud localhst.co.uk localhst.dev localfabriek.nl localmachine.info " +
  "localmachine.name localdev.me local.gd local.sisteminha.com lcl.host devlocal.dev bs-local.com ddev.site lndo.site " +
  "docksal.site docker.amazee.io fuf.me fbi.com yoogle.com mouse-potato.com domaincontrol.com smackaho.st 42foo.com " +
  "ulh.us cefgo.com nar0.com 127001.it l0pb.dev l0pb.me spoofed.burpcollaborator.net " +
  "bugbounty.dod.network mail.ebc.apple.com cfargotunnel.com";

/** Public names by which a router, or another box at home, answers within its own network. */
const OF_ROUTERS =
  "fritz.box myfritz.box easy.box o2.box congstar.box speedport.box homerouter.cpe routerlogin.net routerlogin.com " +
  "orbilogin.com orbilogin.net tplinkwifi.net tplinklogin.net tplinkmodem.net tplinkrepeater.net tendawifi.com " +
  "router.asus.com asusrouter.com asusrouter.net miwifi.com mywifiext.net readyshare.com dlinkrouter.com " +
  "mydlinkrouter.com mafreebox.freebox.fr mabbox.bytel.fr gestionbbox.lan amplifi.lan www.routerlogin.com " +
  "setup.ui.com setup.meraki.com my.meraki.com switch.meraki.com ap.meraki.com plex.direct";

const NOT_PUBLIC = new Set(`${METADATA_NAMES} ${ADDRESS_IN_NAME} ${TO_LOOPBACK} ${OF_ROUTERS}`.split(" "));

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
  if (!isDelegated(last) && !(allowTests && FOR_TESTS.has(last)))
    return `must have a public host name: there is no top-level domain ".${last}"`;
  if (domainsOf(name).some((domain) => NOT_PUBLIC.has(domain))) return "must not lead to a local address";
  if (spellsSpecialAddress(name)) return "must not have a local address in its name";
  return undefined;
}

/** The name and all of its parents: `a.b.c`, `b.c`, `c`. */
export function domainsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, position) => labels.slice(position).join("."));
}

let delegated: ReadonlySet<string> | undefined;

/** True for top-level domains that are delegated. */
function isDelegated(tld: string): boolean {
  delegated ??= new Set(topLevelDomains());
  return delegated.has(tld);
}

function topLevelDomains(): string[] {
  let name = "";
  return [...TOP_LEVEL_DOMAINS.matchAll(/([A-Z])([^A-Z]*)/g)].map(([, common = "A", rest = ""]) => {
    name = name.slice(0, common.charCodeAt(0) - "A".charCodeAt(0)) + rest;
    return name;
  });
}
