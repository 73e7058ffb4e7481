import { describe, expect, test } from "vitest";
import { parseExact } from "../../src/platform/exact-json.ts";
import { changesValue } from "../../src/platform/exact-number.ts";
import { scanJson } from "../../src/platform/scan-json.ts";

describe("a number that JavaScript would write as another one stays as it was written", () => {
  test.each([
    "12345678901234567890",
    "12345678901234567890.0",
    "1234567890123456789e1",
    "1.2345678901234567890e19",
    "-9007199254740993",
    "12345678901234567.89",
    "0.12345678901234567890",
    "1e400",
    "-1e400",
    "1e-400",
    "-0",
    "-0.0",
    "-0e5",
    `1${"0".repeat(400)}`,
    `0.${"1".repeat(400)}`,
    "1e99999999999999999999",
  ])("%s", (source) => {
    expect(changesValue(source)).toBe(true);
    for (const text of [source, `[${source}]`, `{"a":[{"b":${source}}]}`]) {
      expect(JSON.stringify(parseExact(text))).toBe(text);
    }
  });

  test.each([
    ["0", "0"],
    ["0.0", "0"],
    ["0e999999", "0"],
    ["1.0", "1"],
    ["1e2", "100"],
    ["1E+2", "100"],
    ["100e-2", "1"],
    ["0.1", "0.1"],
    ["0.10", "0.1"],
    ["-0.5", "-0.5"],
    ["9007199254740991", "9007199254740991"],
    ["9007199254740992", "9007199254740992"],
    ["1e21", "1e+21"],
    ["1000000000000000000000000", "1e+24"],
    ["5e-324", "5e-324"],
    ["1.7976931348623157e308", "1.7976931348623157e+308"],
  ])("and %s becomes %s, which is the same number", (source, written) => {
    expect(changesValue(source)).toBe(false);
    expect(JSON.stringify(parseExact(source))).toBe(written);
  });

  test("a million digits are looked at once", () => {
    const long = `1${"0".repeat(500_000)}1${"0".repeat(500_000)}`;
    expect(JSON.stringify(parseExact(long))).toBe(long);
  });
});

describe("a JSON text is measured without being parsed", () => {
  test.each([
    ["1", 0, 1],
    ["null", 0, 1],
    ['"a"', 0, 1],
    ['"\\""', 0, 1],
    ["[]", 1, 1],
    ["[1,2]", 1, 3],
    ['{"a":1}', 1, 3],
    ['{"a":{"b":[true,false,null]}}', 3, 8],
    ['[ 1 ,\n"2" , -3.5e+7 ]', 1, 4],
    ['["{[1,2","}"]', 1, 3],
  ])("%s", (text, depth, values) => {
    expect(scanJson(text)).toMatchObject({ depth, values });
  });

  test("digits within a text are no number", () => {
    expect(scanJson('{"12345678901234567890":"-0"}').hasExactNumbers).toBe(false);
    expect(scanJson('{"a":-0}').hasExactNumbers).toBe(true);
  });
});
