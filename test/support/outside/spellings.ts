/** Ways in which an address can be written into a URL. None of them may get a special one past the check. */

const toNumber = (octets: readonly number[]) => octets.reduce((sum, octet) => sum * 256 + octet, 0);
const hex = (number: number, digits = 0) => number.toString(16).padStart(digits, "0");
const octal = (number: number, digits = 0) => `0${number.toString(8).padStart(digits, "0")}`;
const FULL_WIDTH = [..."０１２３４５６７８９"];
const CIRCLED = [..."⓪①②③④⑤⑥⑦⑧⑨"];
const MATHEMATICAL = [..."𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"];
const inDigits = (digits: readonly string[], text: string) =>
  text.replace(/\d/g, (digit) => digits[Number(digit)] ?? "");
const inPercents = (text: string) => [...text].map((char) => `%${hex(char.codePointAt(0) ?? 0, 2)}`).join("");

/** Hosts that the URL parser turns into the IPv4 address. */
export function hostsOfIpv4(dotted: string): string[] {
  const octets = dotted.split(".").map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const number = toNumber(octets);
  return [
    dotted,
    `${dotted}.`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${toNumber([b, c, d])}`,
    `${number}`,
    `0x${hex(number)}`,
    `0X${hex(number, 8).toUpperCase()}`,
    `0x${hex(number, 20)}`,
    octal(number),
    octal(number, 20),
    octets.map((octet) => `0x${hex(octet)}`).join("."),
    octets.map((octet) => octal(octet)).join("."),
    octets.map((octet) => octal(octet, 6)).join("."),
    `${octal(a)}.${b}.0x${hex(c)}.${d}`,
    `0x${hex(a)}.${octal(toNumber([b, c, d]))}`,
    inDigits(FULL_WIDTH, dotted),
    inDigits(CIRCLED, dotted),
    inDigits(MATHEMATICAL, dotted),
    inDigits(FULL_WIDTH, `${number}`),
    dotted.replaceAll(".", "。"),
    dotted.replaceAll(".", "．"),
    dotted.replaceAll(".", "｡"),
    dotted.replaceAll(".", "%2e"),
    dotted.replaceAll(".", "%E3%80%82"),
    inPercents(dotted),
    `${inPercents(String(a))}.${b}.${c}.${d}`,
    `${a}.\u00ad${b}.${c}\u200b.${d}`,
  ];
}

/** IPv6 hosts that stand for the IPv4 address. */
export function hostsThatEmbed(dotted: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
  const [high, low] = [hex(a * 256 + b), hex(c * 256 + d)];
  return [
    `::ffff:${dotted}`,
    `::ffff:${high}:${low}`,
    `::FFFF:${high}:${low}`.toUpperCase(),
    `0:0:0:0:0:ffff:${dotted}`,
    `0000:0000:0000:0000:0000:ffff:${high}:${low}`,
    `::${dotted}`,
    `::${high}:${low}`,
    `::ffff:0:${dotted}`,
    `64:ff9b::${dotted}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${dotted}`,
    `64:ff9b:1:${high}:${low}::`,
    `2002:${high}:${low}::`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::`,
    `2001::${hex(0xffff - (a * 256 + b))}:${hex(0xffff - (c * 256 + d))}`,
    `2606:4700::5efe:${dotted}`,
    `2606:4700::200:5efe:${high}:${low}`,
    `fe80::5efe:${dotted}`,
  ].map((address) => `[${address}]`);
}

/** Names that say the address, for a domain that answers so. */
export function namesThatSay(dotted: string): string[] {
  const octets = dotted.split(".").map(Number);
  const dashed = octets.join("-");
  return [
    `${dotted}.example.com`,
    `app.${dotted}.example.com`,
    `${dashed}.example.com`,
    `app-${dashed}.example.com`,
    `ip-${dashed}-a.example.com`,
    `${dotted}.nip.io`,
    `${dashed}.nip.io`,
    `app.${hex(toNumber(octets), 8)}.nip.io`,
    `${dotted}.sslip.io`,
    `${dashed}.sslip.io.`,
  ];
}

/** Surroundings of a host. */
export const urlsAround = (host: string): string[] => [
  `https://${host}/`,
  `https://${host}`,
  `https://${host}:443/`,
  `https://${host}:8443/hook?a=b`,
  `HTTPS://${host}/`,
  `https://user:secret@${host}/`,
  `https://example.com@${host}/`,
  `https://example.com%40@${host}/`,
  `https:${host}/`,
  `https:/${host}/`,
  `https:///${host}/`,
  `https:\\\\${host}/`,
  `https://${host}\\@example.com/`,
  `https://${host}#@example.com/`,
  `https://${host}?@example.com/`,
  `\thttps://${host}/`,
  `ht\ntps://${host}/`,
  `https://\r\n${host}/`,
  `https://${host}/ `,
  `http://${host}/`,
];
