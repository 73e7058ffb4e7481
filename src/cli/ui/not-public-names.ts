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

/** Names that lead to no public server, nor do those below them. They are bundled as hashes. */
export const NOT_PUBLIC_NAMES = `${METADATA_NAMES} ${ADDRESS_IN_NAME} ${TO_LOOPBACK} ${OF_ROUTERS}`.split(
  " ",
);
