import { describe, expect, test } from "vitest";
import {
  canonicalJson,
  compare,
  type ExactNumber,
  exactJson,
  isInteger,
  isMultiple,
  parseDigits,
} from "../../src/schemas/decimal.ts";

const number = (text: string) => parseDigits(text) as ExactNumber;

describe("numbers by their digits", () => {
  test.each<[string, string, boolean]>([
    ["9007199254.99", "0.01", true],
    ["0.123456789", "1e-8", false],
    ["0.12345678", "1e-8", true],
    ["1e308", "0.123456789", false],
    ["1e308", "0.5", true],
    ["12345678901234567891", "10", false],
    ["12345678901234567890", "10", true],
    ["1e999999999999", "7", false],
    ["7e999999999999", "7", true],
    ["1e-999999999999", "1", false],
    ["-0", "3", true],
    ["-4.5", "1.5", true],
  ])("%s and multiples of %s: %s", (value, of, expected) => {
    expect(isMultiple(number(value), number(of))).toBe(expected);
  });

  test.each([
    ["9007199254740993", "9007199254740992"],
    ["0.30000000000000000001", "0.3"],
    ["1e400", "1e399"],
    ["1e-400", "0"],
    ["-1", "-12345678901234567890"],
    ["12345678901234567890", "9345678901234567890"],
    ["1", "-1e99999999999999999999"],
  ])("%s is more than %s", (more, less) => {
    expect(compare(number(more), number(less))).toBeGreaterThan(0);
    expect(compare(number(less), number(more))).toBeLessThan(0);
    expect(compare(number(more), number(more))).toBe(0);
  });

  test("an exponent as long as a payload is no more work than a short one, and stays in order", () => {
    const long = `1e${"9".repeat(250_000)}`;
    expect(compare(number(long), number("1e999"))).toBeGreaterThan(0);
    expect(compare(number(`1e-${"9".repeat(250_000)}`), number("1e-999"))).toBeLessThan(0);
    expect(compare(number("1e0000000000000000000000001"), number("1e1"))).toBe(0);
    expect(canonicalJson(number(long)).length).toBeLessThan(30);
    expect(exactJson(number(long))).toBe(long);
  });

  test("whole numbers are whole however they are written", () => {
    expect(["1.0", "1e2", "12345678901234567890.0", "1e400"].map(number).every(isInteger)).toBe(true);
    expect(["1.5", "1e-2", "12345678901234567890.5"].map(number).some(isInteger)).toBe(false);
  });

  test("values are the same when their digits are, in whichever order members stand", () => {
    const same = (a: string, b: string) => canonicalJson(parseDigits(a)) === canonicalJson(parseDigits(b));
    expect(same('{"a":1.0,"b":[1e2]}', '{"b":[100],"a":1}')).toBe(true);
    expect(same("12345678901234567890.0", "12345678901234567890")).toBe(true);
    expect(same("12345678901234567890", "12345678901234567891")).toBe(false);
    expect(same("1", '"1e0"')).toBe(false);
    expect(same("[1,[2]]", "[1,2]")).toBe(false);
    expect(exactJson(parseDigits('{"a":12345678901234567890}'))).toBe('{"a":12345678901234567890}');
  });
});
