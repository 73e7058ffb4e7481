import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTarget, refuseTarget } from "../../src/channels/webhook/target-url.ts";
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

  test("and the parser finds the address in each of these spellings", () => {
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

describe("any URL", () => {
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

  test("an allowed one is read alike by the simplest of parsers", () => {
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
