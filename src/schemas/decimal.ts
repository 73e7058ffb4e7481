/**
 * Numbers of JSON by their digits. Exponents go up to 10^18: no loop here runs in proportion to an exponent, which
 * rules out the libraries for decimals.
 */
import { rawNumber } from "../platform/exact-json.ts";

interface Decimal {
  negative: boolean;
  /** Without zeros at either end; empty for 0. */
  digits: string;
  /** Exponent of ten, after the last digit. */
  exponent: bigint;
}

/** A number of JSON that a double cannot hold exactly. */
export class Digits {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A JSON value in memory. */
export type ExactNumber = number | Digits;

/** JSON with numbers that a double would round. Numbers within texts match too, which does no harm. */
const MAY_ROUND = /\d[\d.]{15}|\d[eE]/;

/** `JSON.parse` that keeps all digits of numbers. */
export function parseDigits(text: string): unknown {
  return MAY_ROUND.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  const { source } = context;
  if (source === String(value)) return value;
  return canonical(decimalOf(source)) === canonical(decimalOf(value)) ? value : new Digits(source);
}

function decimalOf(number: ExactNumber | string): Decimal {
  const text = number instanceof Digits ? number.source : String(number);
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = withoutZerosAtTheEnd(all);
  if (digits === "") return { negative: false, digits, exponent: 0n };
  const shift = BigInt(all.length - digits.length - fraction.length);
  return { negative: sign === "-", digits, exponent: exponentOf(exponent) + shift };
}

/** Largest exponent: longer ones take long and matter to nobody, so they count as this one. */
const EXPONENT_DIGITS = 18;

function exponentOf(text: string): bigint {
  const [, sign = "", digits = ""] = /^([+-]?)0*(\d*)$/.exec(text) ?? [];
  const within = digits.length <= EXPONENT_DIGITS ? digits || "0" : `1${"0".repeat(EXPONENT_DIGITS)}`;
  return BigInt(sign === "-" ? `-${within}` : within);
}

/** Not by a pattern, because `/0+$/` examines each run of zeros repeatedly. */
function withoutZerosAtTheEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** Canonical text of a number. */
function canonical({ negative, digits, exponent }: Decimal): string {
  return digits === "" ? "0" : `${negative ? "-" : ""}${digits}e${exponent}`;
}

/** Negative, 0 or positive, as for sorting. */
export function compare(a: ExactNumber, b: ExactNumber): number {
  // Doubles written with at most 15 digits have the order of their texts.
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [decimalOf(a), decimalOf(b)];
  if (signOf(left) !== signOf(right)) return signOf(left) - signOf(right);
  return (left.negative ? -1 : 1) * compareMagnitudes(left, right);
}

function signOf({ negative, digits }: Decimal): number {
  if (digits === "") return 0;
  return negative ? -1 : 1;
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  const topOf = ({ digits, exponent }: Decimal) => exponent + BigInt(digits.length);
  const [top, other] = [topOf(a), topOf(b)];
  if (top !== other) return top < other ? -1 : 1;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -1 : 1;
}

export function isInteger(number: ExactNumber): boolean {
  return typeof number === "number" ? Number.isInteger(number) : decimalOf(number).exponent >= 0n;
}

/** True if a number is a multiple of another, positive one. */
export function isMultiple(number: ExactNumber, of: ExactNumber): boolean {
  if (Number.isSafeInteger(number) && Number.isSafeInteger(of)) return Number(number) % Number(of) === 0;
  const [dividend, divisor] = [decimalOf(number), decimalOf(of)];
  if (dividend.digits === "") return true;
  const shift = dividend.exponent - divisor.exponent;
  // Its digits do not end with 0, so tenths of them are never whole.
  if (shift < 0n) return false;
  const modulus = BigInt(divisor.digits);
  return (BigInt(dividend.digits) * powerOfTen(shift, modulus)) % modulus === 0n;
}

/** `10 ** exponent % modulus`, in as many steps as the exponent has bits. */
function powerOfTen(exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  let base = 10n % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

/** Canonical JSON: equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "number" || value instanceof Digits) return canonical(decimalOf(value));
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`,
  );
  return `{${members.sort().join()}}`;
}

/** JSON without white space, otherwise unchanged. */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (inner instanceof Digits ? rawNumber(inner.source) : inner));
}
