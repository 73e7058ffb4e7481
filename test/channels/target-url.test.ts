import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ownHostnameOf } from "../../src/channels/webhook/own-hostname.ts";
import { readTarget, refuseTarget } from "../../src/channels/webhook/target-url.ts";
import { limits } from "../../src/platform/limits.ts";
import { hostsOfIpv4, hostsThatEmbed, namesThatSay, urlsAround } from "../support/outside/spellings.ts";

const production = { allowLoopback: false, ownHostnames: ["outbox.acme.dev", "*.acme.workers.dev"] };
const refuse = (url: string) => refuseTarget(url, production);
const allowed = (urls: readonly string[]) => urls.filter((url) => refuse(url) === undefined);

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and the addresses of clouds' own services. */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "100.100.100.200/32",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "169.254.169.254/32",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "255.255.255.255/32",
];

/** https://www.iana.org/assignments/iana-ipv6-special-registry, and what lies outside of what is given out. */
const SPECIAL_IPV6 = [
  "::/128",
  "::1/128",
  "::ffff:0:0/96",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "100:0:0:1::/64",
  "200::/7",
  "1000::/4",
  "2001::/23",
  "2001::/32",
  "2001:1::1/128",
  "2001:1::2/128",
  "2001:1::3/128",
  "2001:2::/48",
  "2001:3::/32",
  "2001:4:112::/48",
  "2001:10::/28",
  "2001:20::/28",
  "2001:30::/28",
  "2001:db8::/32",
  "2002::/16",
  "2620:4f:8000::/48",
  "3ffe::/16",
  "3fff::/20",
  "::/3",
  "4000::/3",
  "5f00::/16",
  "6000::/3",
  "8000::/3",
  "a000::/3",
  "c000::/3",
  "e000::/4",
  "f000::/5",
  "f800::/6",
  "fc00::/7",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
  "fe00::/9",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

function range(cidr: string, bits: number, parse: (text: string) => bigint) {
  const [text = "", length = ""] = cidr.split("/");
  const first = parse(text);
  return { first, last: first + (1n << BigInt(bits - Number(length))) - 1n };
}

const parseIpv4 = (text: string) => text.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
const ipv4Range = (cidr: string) => range(cidr, 32, parseIpv4);
const toIpv4 = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");

/** Whole, without `::` but where a group is missing for it. */
function parseIpv6(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), tail === undefined ? [] : groups(tail)];
  const middle = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...middle, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
const ipv6Range = (cidr: string) => range(cidr, 128, parseIpv6);
const groupsOf = (value: bigint) =>
  Array.from({ length: 8 }, (_, group) => (value >> BigInt(16 * (7 - group))) & 0xffffn);
const toIpv6 = (value: bigint) =>
  `[${groupsOf(value)
    .map((group) => group.toString(16))
    .join(":")}]`;
const toWholeIpv6 = (value: bigint) =>
  `[${groupsOf(value)
    .map((group) => group.toString(16).padStart(4, "0"))
    .join(":")
    .toUpperCase()}]`;

const isIn = (ranges: readonly { first: bigint; last: bigint }[], value: bigint) =>
  ranges.some(({ first, last }) => first <= value && value <= last);
const edgesOf = ({ first, last }: { first: bigint; last: bigint }) => [first, (first + last) / 2n, last];
const special4 = SPECIAL_IPV4.map(ipv4Range);
const special6 = SPECIAL_IPV6.map(ipv6Range);

describe("a special IPv4 address is refused in every spelling", () => {
  test.each(SPECIAL_IPV4)("%s", (cidr) => {
    const urls = edgesOf(ipv4Range(cidr))
      .map(toIpv4)
      .flatMap((dotted) => [...hostsOfIpv4(dotted), ...hostsThatEmbed(dotted), ...namesThatSay(dotted)])
      .flatMap(urlsAround);
    expect(urls.length).toBeGreaterThan(3000);
    expect(allowed(urls)).toEqual([]);
  });

  test("which is to say that these spellings are ones: the parser finds the address in them", () => {
    const found = hostsOfIpv4("169.254.169.254").map((host) => new URL(`https://${host}/`).hostname);
    expect(new Set(found)).toEqual(new Set(["169.254.169.254"]));
  });
});

describe("a special IPv6 address is refused in every spelling", () => {
  test.each(SPECIAL_IPV6)("%s", (cidr) => {
    const urls = edgesOf(ipv6Range(cidr))
      .flatMap((value) => [toIpv6(value), toWholeIpv6(value), new URL(`https://${toIpv6(value)}`).hostname])
      .flatMap(urlsAround);
    expect(allowed(urls)).toEqual([]);
  });

  test.each(["[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%25lo]", "[v1.fe80::a]", "[::1", "::1", "[]"])(
    "%s",
    (host) => {
      expect(allowed(urlsAround(host))).toEqual([]);
    },
  );
});

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

describe("whatever the URL", () => {
  const spec4 = fc.constantFrom(...special4).chain(({ first, last }) => fc.bigInt({ min: first, max: last }));
  const spec6 = fc.constantFrom(...special6).chain(({ first, last }) => fc.bigInt({ min: first, max: last }));
  const anyIpv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
  const anyIpv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  const isSpecialHost = (host: string) => {
    if (/^[\d.]+$/.test(host)) return isIn(special4, parseIpv4(host));
    return host.startsWith("[") && isIn(special6, parseIpv6(host.slice(1, -1)));
  };
  const insertions = fc.array(
    fc.tuple(fc.nat(), fc.constantFrom(..."0123456789abcfx.:/\\@?#[]%-_ \t\n。．①０ｘ\u00ad")),
    { maxLength: 4 },
  );
  const disturb = (text: string, changes: [number, string][]) =>
    changes.reduce((now, [place, char]) => {
      const at = place % (now.length + 1);
      return now.slice(0, at) + char + now.slice(at);
    }, text);

  test("one whose host is a special address is refused, however it is disturbed", () => {
    const urls = fc
      .oneof(
        spec4
          .map(toIpv4)
          .chain((dotted) => fc.constantFrom(...hostsOfIpv4(dotted), ...hostsThatEmbed(dotted))),
        spec6.map(toIpv6),
      )
      .chain((host) => fc.constantFrom(...urlsAround(host)));
    fc.assert(
      fc.property(urls, insertions, (url, changes) => {
        const text = disturb(url, changes);
        fc.pre(URL.canParse(text) && isSpecialHost(new URL(text).hostname));
        expect(refuse(text)).toBeDefined();
      }),
      { numRuns: 3000 },
    );
  });

  test("a public address is allowed, a special one is not, and any IPv4 address within IPv6 is not", () => {
    fc.assert(
      fc.property(fc.oneof(anyIpv4, spec4), (value) => {
        expect(refuse(`https://${toIpv4(value)}/`) === undefined).toBe(!isIn(special4, value));
        expect(allowed(hostsThatEmbed(toIpv4(value)).map((host) => `https://${host}/`))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.oneof(anyIpv6, spec6), (value) => {
        const { href } = new URL(`https://${toIpv6(value)}/`);
        const isatap = [0x5efen, 0x0200_5efen].includes((value >> 32n) & 0xffff_ffffn);
        expect(refuse(href) === undefined).toBe(!isIn(special6, value) && !isatap);
      }),
      { numRuns: 2000 },
    );
  });

  test("what is allowed is read alike by the simplest of parsers", () => {
    const hosts = fc.constantFrom("example.com", "hooks.example.com:8443", "8.8.8.8", "[2606:4700::1111]");
    fc.assert(
      fc.property(hosts, insertions, (host, changes) => {
        const text = disturb(`https://${host}/hook`, changes);
        const target = readTarget(text, production);
        if (target.refused !== undefined) return;
        const [, authority = ""] = /^https:\/\/([^/?]+)/.exec(text) ?? [];
        if (!/\P{ASCII}/u.test(authority)) {
          expect([target.url.host, `${target.url.host}:443`]).toContain(authority);
        }
        expect(new URL(target.url.href).href).toBe(target.url.href);
      }),
      { numRuns: 3000 },
    );
  });

  test("a name of ordinary words is allowed", () => {
    const name = fc.array(fc.stringMatching(/^[a-z]{3,12}[0-9]{0,2}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(name, (labels) => {
        expect(refuse(`https://${labels.join(".")}.com/`)).toBeUndefined();
      }),
    );
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

test("what is to be called is the URL as the parser writes it, and what is looked up its name", () => {
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
