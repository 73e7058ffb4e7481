/** Digits up to which every decimal survives as a double. */
const SAFE_DIGITS = 15;

/**
 * True if JavaScript writes this JSON number differently: `12345678901234567890`, `0.12345678901234567`, `1e400`,
 * `-0`.
 */
export function changesValue(source: string): boolean {
  const isPlain = source.length <= SAFE_DIGITS && !/e|^-0/i.test(source);
  if (isPlain) return false;
  const value = Number(source);
  if (Number.isNaN(value)) return false;
  return decimalOf(source) !== decimalOf(String(value));
}

/** The value in one spelling: sign, digits without zeros at either end, exponent. A negative zero has its sign. */
function decimalOf(source: string): string | undefined {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
  const digits = whole + fraction;
  if (digits === "") return undefined;
  let start = 0;
  while (digits[start] === "0") start++;
  if (start === digits.length) return `${sign}0`;
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${sign}${digits.slice(start, end)}e${power}`;
}
