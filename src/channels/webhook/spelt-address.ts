import ipaddr from "ipaddr.js";
import { type Address, isSpecial, readAddress } from "./special-address.ts";

/** Bases of the four parts of an address. Hexadecimal parts have two digits: `7f-00-00-01`. */
const PARTS: readonly [form: RegExp, base: number][] = [
  [/^\d{1,3}$/, 10],
  [/^0x([0-9a-f]{1,2})$/, 16],
  [/^0([0-7]{1,3})$/, 8],
  [/^([0-9a-f]{2})$/, 16],
];

/** Bases of an address as one number. Without a prefix, it has the full number of digits. */
const WHOLES: readonly [form: RegExp, base: number][] = [
  [/^0x0*([0-9a-f]{1,8})$/, 16],
  [/^0+([0-7]{1,11})$/, 8],
  [/^([01]{32})$/, 2],
  [/^([0-9a-f]{8})$/, 16],
  [/^([1-9]\d{7,9})$/, 10],
];
const MARKED = /^0x|^0[0-7]{9}|^[01]{32}$/;

/** Ranges worth an attack. Addresses of other special ranges occur by chance, in dates and hashes. */
const LOCAL_RANGES = new Set(["loopback", "private", "linkLocal", "carrierGradeNat"]);
const LOCAL_IPV6 = new Set([
  ...["loopback", "unspecified", "linkLocal", "uniqueLocal", "ipv4Mapped"],
  ...["rfc6145", "rfc6052", "6to4", "teredo"],
]);
const COMMON_IN_HASHES = 0x1_0000;
/** Generated names, of which one in a hundred would contain a local address by chance. */
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * True if a name contains a special address, in any base, as `127.0.0.1.example.com`, `app-10-0-0-1.example.com` and
 * `0x7f000001.example.com`, which the owner of the domain can make resolve to it.
 */
export function spellsSpecialAddress(name: string): boolean {
  const words = name.replace(UUID, "uuid").split(/[._-]/);
  return (
    words.some((word) => isLocalWhole(word)) ||
    words.some((_, position) => areLocalParts(words.slice(position, position + 4))) ||
    name.split(".").some(isLocalIpv6)
  );
}

function areLocalParts(words: readonly string[]): boolean {
  if (words.length < 4) return false;
  return readEach(words).some((parts) => {
    const address = readAddress(parts.join("."));
    return address !== undefined && isSpecial(address);
  });
}

/** All parts in the base of each form, and each part in its first matching base. */
function readEach(words: readonly string[]): number[][] {
  const inOne = PARTS.map((form) => words.map((word) => numberIn([form], word)));
  return [...inOne, words.map((word) => numberIn(PARTS.slice(0, 3), word))];
}

function numberIn(forms: readonly [RegExp, number][], word: string): number {
  for (const [form, base] of forms) {
    const match = form.exec(word);
    if (match) return Number.parseInt(match[1] ?? match[0], base);
  }
  return Number.NaN;
}

function isLocalWhole(word: string): boolean {
  return WHOLES.some((form) => {
    const number = numberIn([form], word);
    if (Number.isNaN(number) || number > 0xffff_ffff) return false;
    const address = ipaddr.fromByteArray([24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
    if (MARKED.test(word)) return isSpecial(address);
    return isLikely(address, number, form[1]);
  });
}

/** Hashes of 8 digits are common in names, so only the beginnings of the large ranges count. */
function isLikely(address: Address, number: number, base: number): boolean {
  if (base === 16 && number === 0) return true;
  if (!LOCAL_RANGES.has(address.range()) && !isAzure(number)) return false;
  const first = number & 0xff00_0000;
  const isLarge = base === 16 && (first === 0x7f00_0000 || first === 0x0a00_0000);
  return !isLarge || (number & 0xff_ffff) < COMMON_IN_HASHES;
}

const AZURE = 0xa83f_8110;
const isAzure = (number: number) => number === AZURE;

/** `fe80--1`, or 32 hexadecimal digits with a run of zeros, which hashes do not have. */
function isLocalIpv6(label: string): boolean {
  const whole = /^(?=.*0{12})[0-9a-f]{32}$/.test(label) ? label.match(/.{4}/g)?.join(":") : undefined;
  const text = whole ?? label.replaceAll(/[-_]/g, ":");
  if (!/^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$/.test(text) || !ipaddr.IPv6.isValid(text)) return false;
  return LOCAL_IPV6.has(ipaddr.IPv6.parse(text).range());
}
