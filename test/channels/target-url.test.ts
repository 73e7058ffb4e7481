import { describe, expect, test } from "vitest";
import { ownHostnameOf } from "../../src/channels/webhook/own-hostname.ts";
import { readTarget, refuseTarget } from "../../src/channels/webhook/target-url.ts";
import { limits } from "../../src/platform/limits.ts";
import { urlsAround } from "../support/outside/spellings.ts";

const production = { allowLoopback: false, ownHostnames: ["outbox.acme.dev", "*.acme.workers.dev"] };
const refuse = (url: string) => refuseTarget(url, production);
const allowed = (urls: readonly string[]) => urls.filter((url) => refuse(url) === undefined);

describe("a local name is refused, whatever it looks like", () => {
  test.each(
    `
    localhost localhost. LOCALHOST api.localhost localhost.localdomain localhost4.localdomain4 localhost6.localdomain6
    ip6-localhost ip6-loopback loopback broadcasthost intranet server 0 metadata instance-data rancher-metadata
    printer.local PRINTER.LOCAL. a.b.local vault.internal db.corp nas.home router.lan host.home.arpa 1.0.0.127.in-addr.arpa
    ipv4only.arpa wiki.intranet wiki.intra db.private host.localdomain a.localnet a.workgroup mx.mail
    metadata.google.internal metadata.goog metadata.google.internal. instance-data.ec2.internal metadata.azure.internal
    ip-10-0-0-1.eu-central-1.compute.internal host.docker.internal gateway.docker.internal kubernetes.default.svc
    kubernetes.default.svc.cluster.local consul.service.consul metadata.tencentyun.com metadata.packet.net
    api.metadata.cloud.ibm.com expyuzz4wqqyqhjn.onion site.i2p name.alt
    nip.io 1.2.3.4.nip.io www.owasp.org.1ynrnhl.xip.io --1.sslip.io 2a01-4f8-c17-b8f--2.sslip.io fe80--1.ipv6-literal.net
    localtest.me a.localtest.me lvh.me vcap.me lacolhost.com traefik.me localho.st localh.st local.gd yoogle.com fbi.com
    localhost.direct a.localhost.tv localhost.example.com localhst.co.uk 127-0-0-1.org.uk 127001.it lcl.host ddev.site
    spoofed.burpcollaborator.net mail.ebc.apple.com bugbounty.dod.network 8f8c7b6a.cfargotunnel.com ssrf-cloud.localdomain.pw
    make-1.2.3.4-rebind-169.254-169.254-rr.1u.ms 7f000001.c0a80001.rbndr.us customer1.app.localhost.my.company.127.0.0.1.nip.io
    7f000001.example.com a9fea9fe.example.com app-c0a80101.example.com
    ｌocalhost ⓛⓞⓒⓐⓛⓗⓞⓢⓣ locaｌhost loc%61lhost %6c%6f%63%61%6c%68%6f%73%74 loc\u00adalhost localhoſt localhost。 printer。local
    metadata.google.ⓘnternal metadata%2egoogle%2einternal
    kubernetes.default redis.default.pod x.flycast x.vpn a.tailnet db.railway vault.query nas.fritz a.b.cluster router.speedport
    hooks.test hooks.example hooks.invalid 例え.テスト a.xn--zckzah
    fritz.box www.fritz.box routerlogin.net tplinkwifi.net router.asus.com 192-168-1-1.0123456789abcdef.plex.direct
    0x7f000001.example.com 0x7f.0x0.0x0.0x1.example.com 0x7f-0-0-1.example.com 2130706433.example.com 3232235521.example.com
    2852039166.example.com 017700000001.example.com 0177.0.0.1.example.com 0177-0-0-01.example.com 0177_0000_0_1.example.com
    127_0_0_1.example.com app_10_0_0_1.example.com 10.0_0-1.example.com 7f-00-00-01.example.com 7f_00_00_01.example.com
    a9.fe.a9.fe.example.com 0xa9fea9fe.example.com app_c0a80101.example.com 01111111000000000000000000000001.example.com
    0x00000000000a000001.example.com fe80--1.example.com --1.example.com 0-0-0-0-0-0-0-1.example.com fd00--a_b.example.com
    00000000000000000000000000000001.example.com --ffff-7f00-1.example.com 64-ff9b--a00-1.example.com
  `
      .trim()
      .split(/\s+/),
  )("%s", (host) => {
    expect(allowed(urlsAround(host))).toEqual([]);
  });
});

describe("a trick is refused", () => {
  test.each([
    // Credentials.
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://@example.com/",
    "https://:@example.com/",
    "https://:secret@example.com/",
    "https://us%65r@example.com/",
    "https://a@b@example.com/",
    "https://example.com:443@example.net/",
    "https://1.1.1.1&@2.2.2.2#@3.3.3.3/",
    "https://example.com?@example.net/",
    "https://example.com?a=b@example.net",
    // What parsers read in different ways.
    "https:example.com",
    "https:/example.com",
    "https:///example.com",
    "https:////example.com",
    "https:\\\\example.com",
    "https:/\\example.com",
    "https://example.com\\@example.net/",
    "https://example.com\\.example.net/",
    "https://example.com/a\\b",
    "https://127.1.1.1:80\\@127.2.2.2:80/",
    "https://127.1.1.1:80:\\@@127.2.2.2:80/",
    "https://127.1.1.1:80#\\@127.2.2.2:80/",
    "https://example.com#@example.net/",
    "https://example.com/#",
    "https://example.com/hook#part",
    "//example.com/",
    "example.com",
    "/hook",
    // What no eye sees.
    " https://example.com/",
    "https://example.com/ ",
    "https://exam\tple.com/",
    "https://exam\nple.com/",
    "https://example.com/\r\nx-injected: 1",
    "https://example.com/a b",
    "https://example.com/%0d%0aHost:%20example.net",
    "https://example.com/%00",
    "https://example.com/?a=%7F",
    "https://example.com/\0",
    "https://example.com/\x7f",
    "https://example.com/\x85",
    "https://example.com/\u00a0",
    "https://example.com/\u2028",
    "https://example.com/\u202egnp",
    "https://example.com/\ufeff",
    "https://example.com/\ud800",
    "https://exam\u00adple.com/",
    "https://exam\u200bple.com/",
    "https://exam\u2060ple.com/",
    // Hosts that are not spelt plainly, and hosts that are none.
    "https://exam%70le.com/",
    "https://%65xample.com/",
    "https://example%2ecom/",
    "https://ｅxample.com/",
    "https://ⓔⓧⓐⓜⓟⓛⓔ.ⓒⓞⓜ/",
    "https://example。com/",
    "https://bücher。com/",
    "https://example．com/",
    "https://\u212aelvin.example.com/",
    "https://0x08.8.8.8/",
    "https://134744072/",
    "https://8.8.2056/",
    "https://8.8.8.8./",
    "https://[2606:4700:0:0:0:0:0:1111]/",
    "https://[2606:4700::0001]/",
    "https://[::ffff:8.8.8.8]/",
    "https://example.com:/",
    "https://example.com:00443/",
    "https://example.com:08443/",
    "https://example.com:8443:8443/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com../",
    "https://example..com/",
    "https://.example.com/",
    "https://a;b.example.com/",
    "https://a,b.example.com/",
    "https://a*b.example.com/",
    "https://*.example.com/",
    "https://$(id).example.com/",
    "https://{a}.example.com/",
    "https://-a.example.com/",
    "https://a-.example.com/",
    `https://${"a".repeat(64)}.example.com/`,
    `https://${"a.".repeat(125)}example.com/`,
    "https://com/",
    "https://example.c/",
    "https://example.x1/",
    "https://256.256.256.256/",
    "https://425.510.425.510/",
    "https://7147006462/",
    "https://0x41414141A9FEA9FE/",
    "https://1.1.1.1.1/",
    "https://0o177.0.0.1/",
    "https://q177.0.0.1/",
    "https://127.0.0.1.example/",
    // Other schemes.
    ..."http ftp ws wss file gopher dict ldap tftp sftp jar netdoc blob javascript data about unknown"
      .split(" ")
      .flatMap((scheme) => [`${scheme}://example.com/`, `${scheme}:example.com`]),
    "jar:https://example.com!/",
    "view-source:https://example.com/",
    "blob:https://example.com/1",
    "data:text/plain,https://example.com/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://",
    "https:",
    "https://?",
    "https://#",
    "https://:443/",
    "",
    // Ports of other protocols.
    ...[0, 1, 22, 25, 110, 143, 465, 587, 993, 2049, 6000, 6667, 10080].map(
      (port) => `https://example.com:${port}/`,
    ),
    "https://8.8.8.8:25/",
    "https://[2606:4700::1111]:25/",
    // Ourselves.
    "https://outbox.acme.dev/v1/tenants",
    "https://OUTBOX.acme.example./",
    "https://outbox.acme.dev:8443/",
    "https://acme.workers.dev/",
    "https://outbox.acme.workers.dev/",
    "https://preview-outbox.acme.workers.dev/",
    "https://a.b.acme.workers.dev/",
  ])("%j", (url) => {
    expect(refuse(url)).toMatch(/^must /);
  });
});

describe("an ordinary URL is allowed", () => {
  test.each([
    "https://example.com",
    "https://example.com/hook",
    "https://EXAMPLE.com/hook",
    "https://example.com?a=b",
    "HTTPS://example.com/hook",
    "https://example.com:443/hook",
    "https://api.example.co.uk:8443/a?b=c&d=%20e",
    "https://example.com./",
    "https://hooks.slack.com/services/T000/B000/XXXX",
    "https://example.com/@user/a:b;c,d(e)!*'~",
    "https://example.com/?next=https://10.0.0.1/&mail=a@b.c",
    "https://example.com/a/../b//c",
    "https://example.com/zürich/☃",
    "https://bücher.example.com/",
    "https://xn--bcher-kva.example.com/",
    "https://例え.みんな/",
    "https://a.xn--q9jyb4c/",
    "https://hooks.museum/",
    "https://20261129.example.com/",
    "https://1764422400.example.com/",
    "https://order-4711.example.com/",
    "https://123456789012.example.com/",
    "https://d41d8cd98f00b204e9800998ecf8427e.example.com/",
    "https://feature-ab--cd.example.com/",
    "https://abc--def.example.com/",
    "https://0a9f3c1d.example.com/",
    "https://faß.de/",
    "https://_dmarc.example.com/",
    "https://a-b--c.example.com/",
    "https://8.8.8.8/",
    "https://1.1.1.1:8443/",
    "https://[2606:4700::1111]/",
    "https://[2001:4860:4860::8888]:8443/",
    "https://ec2-3-120-1-2.eu-central-1.compute.amazonaws.com/",
    "https://1-2-3-4.example.com/",
    "https://a1b2c3d4.project.pages.dev/",
    "https://deadbeef.example.com/",
    "https://6440620f-9110-448e-b891-19c8bdf76f93.example.com/",
    "https://hook-0a000001-7f00-4001-8a00-0a0000010a00.example.com/",
    "https://2026-11-23.example.com/",
    "https://v1.2.3.example.com/",
    "https://550e8400-e29b-41d4-a716-446655440000.example.com/",
    "https://local.example.com/",
    "https://internal.example.com/",
    "https://metadata.example.com/",
    "https://mylocalhost.example.com/",
    "https://notlocaltest.me/",
    "https://snip.io/",
    "https://hooks.other.workers.dev/",
    "https://notoutbox.acme.dev/",
    "https://a.outbox.acme.dev/",
    "https://acme.dev/",
  ])("%s", (url) => {
    expect(refuse(url)).toBeUndefined();
  });

  test("in development also one that is set aside for tests", () => {
    const inDevelopment = { ...production, allowLoopback: true };
    for (const url of ["https://hooks.invalid/hook", "https://hooks.test/", "https://a.example/"]) {
      expect(refuseTarget(url, inDevelopment)).toBeUndefined();
      expect(refuse(url)).toMatch(
        /^must have a public host name: there is no top-level domain "\.(invalid|test|example)"$/,
      );
    }
    expect(refuseTarget("https://x.vpn/", inDevelopment)).toMatch(/there is no top-level domain "\.vpn"/);
  });

  test("up to its longest, and not beyond", () => {
    const url = "https://example.com/".padEnd(limits.urlLength, "x");
    expect(refuse(url)).toBeUndefined();
    expect(refuse(`${url}x`)).toBe("must be at most 2048 characters");
  });
});

describe("in development", () => {
  const development = { allowLoopback: true, ownHostnames: [] };

  test("this machine is allowed, over http and at any port, and is not looked up", () => {
    for (const url of [
      "http://127.0.0.1:8080/",
      "http://localhost:1/",
      "https://[::1]/",
      "http://a.localhost/",
    ]) {
      expect(readTarget(url, development)).toMatchObject({ refused: undefined, name: undefined });
    }
  });

  test("nothing else more is", () => {
    for (const url of [
      "http://example.com/",
      "http://10.0.0.1/",
      "https://192.168.0.1/",
      "https://0.0.0.0/",
      "ftp://localhost/",
      "http://user@localhost/",
      "http://local.host/",
    ]) {
      expect(refuseTarget(url, development)).toBeDefined();
    }
  });
});

test("the called URL is the one that the parser writes, and its name is looked up", () => {
  const read = (text: string) => {
    const target = readTarget(text, production);
    return target.refused ?? [target.url.href, target.name];
  };
  expect(read("HTTPS://Hooks.EXAMPLE.com.:443/a/../b")).toEqual([
    "https://hooks.example.com./b",
    "hooks.example.com",
  ]);
  expect(read("https://bücher.example.com")).toEqual([
    "https://xn--bcher-kva.example.com/",
    "xn--bcher-kva.example.com",
  ]);
  expect(read("https://8.8.8.8/")).toEqual(["https://8.8.8.8/", undefined]);
});

test("the reason tells what to change", () => {
  const reasons = {
    "not a url": /^must be a URL, as/,
    "http://example.com/": /^must be an https URL$/,
    "http://localhost:3000/": /this machine; in development ALLOW_LOOPBACK_ENDPOINTS=true/,
    "https://127.1/": /this machine/,
    "https://10.0.0.1/": /private, reserved or otherwise special/,
    "https://printer.local/": /local name/,
    "https://lvh.me/": /lead to a local address/,
    "https://10-0-0-1.example.com/": /local address in its name/,
    "https://server/": /public host name/,
    "https://exam%70le.com/": /^must spell its host plainly, as "example.com"$/,
    "https://example.com:25/": /port 25/,
    "https://outbox.acme.dev/": /outbox itself/,
    "https://user:secret@example.com/": /user name or a password/,
    "https://example.com/#a": /fragment/,
  };
  for (const [url, reason] of Object.entries(reasons)) expect(refuse(url)).toMatch(reason);
});

describe("the own hostname that a request tells of", () => {
  test.each([
    ["outbox.example.com", "outbox.example.com"],
    ["Outbox.Example.com.", "outbox.example.com"],
    ["outbox.acme.workers.dev", "*.acme.workers.dev"],
    ["preview-outbox.acme.workers.dev", "*.acme.workers.dev"],
    ["127.0.0.1", undefined],
    ["[::1]", undefined],
    ["localhost", undefined],
    ["api.localhost", undefined],
  ])("%s: %s", (hostname, own) => {
    expect(ownHostnameOf(hostname)).toBe(own);
  });
});
