import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/platform/errors.ts";
import { limits } from "../../src/platform/limits.ts";
import { readOperatorTokens } from "../../src/platform/operator-tokens.ts";

const A = "a".repeat(16);
const B = "b".repeat(16);

describe("operator tokens", () => {
  test("of which one is given alone, are the operator's, who may do everything", () => {
    expect(readOperatorTokens(A)).toEqual([{ name: "operator", role: "admin", token: A }]);
    expect(readOperatorTokens(` ${A} `)).toEqual([{ name: "operator", role: "admin", token: A }]);
  });

  test("may have any printable characters but commas and colons", () => {
    const token = String.fromCharCode(
      ...Array.from({ length: 94 }, (_, n) => n + 33).filter((code) => code !== 44 && code !== 58),
    );
    expect(readOperatorTokens(token)).toEqual([{ name: "operator", role: "admin", token }]);
    expect(readOperatorTokens(`ada:read:${token}`)).toEqual([{ name: "ada", role: "read", token }]);
  });

  test("side by side, for a rotation or for several people, are read in their order", () => {
    expect(readOperatorTokens(`ada:admin:${A}, dash-board.2:read:${B},${"c".repeat(16)}`)).toEqual([
      { name: "ada", role: "admin", token: A },
      { name: "dash-board.2", role: "read", token: B },
      { name: "operator", role: "admin", token: "c".repeat(16) },
    ]);
    expect(readOperatorTokens(`ada:manage:${A},ada:manage:${B}`)).toHaveLength(2);
  });

  test.each([
    ["short", /^OPERATOR_TOKEN must have at least 16 characters/],
    ["secretshort,", /^Entry 1 of OPERATOR_TOKEN must have at least 16/],
    [`${A},secret`, /^Entry 2 of OPERATOR_TOKEN must have at least 16/],
    [`${A},`, /^Entry 2 of OPERATOR_TOKEN must have at least 16/],
    [`ada:admin:secret`, /^OPERATOR_TOKEN must have at least 16/],
    [`ada:${A}secret`, /^OPERATOR_TOKEN must be a token without colons, or name:role:token/],
    [`ada:admin:${A}:secret`, /^OPERATOR_TOKEN must be a token without colons/],
    [`:admin:${A}secret`, /^OPERATOR_TOKEN must be a token without colons/],
    [`a b:admin:${A}secret`, /^OPERATOR_TOKEN must be a token without colons/],
    [`${"n".repeat(33)}:admin:${A}secret`, /a name has 1 to 32 letters/],
    [`ada:root:${A}secret`, /^OPERATOR_TOKEN must have the role read, manage or admin/],
    [`ada::${A}secret`, /^OPERATOR_TOKEN must have the role/],
    [`ada:Admin:${A}secret`, /^OPERATOR_TOKEN must have the role/],
    [`${A} secret`, /^OPERATOR_TOKEN must be printable ASCII without spaces/],
    [`${A}secreté`, /^OPERATOR_TOKEN must be printable ASCII/],
    [`${A}secret,ada:read:${A}secret`, /^Entry 2 of OPERATOR_TOKEN repeats the token of an earlier entry/],
    [
      Array.from({ length: limits.operatorTokens.most + 1 }, (_, n) => `secret-of-many-${n}00`).join(","),
      /^OPERATOR_TOKEN has 51 tokens, but may have 50/,
    ],
  ])("as %j are refused by the setting's name, without a word of what it says", (given, said) => {
    expect(() => readOperatorTokens(given)).toThrow(ConfigError);
    expect(() => readOperatorTokens(given)).toThrow(said);
    expect(() => readOperatorTokens(given)).not.toThrow(/secret|aaaa/);
  });

  test("may be as many as the limit says", () => {
    const given = Array.from({ length: limits.operatorTokens.most }, (_, n) => `token-of-many-${n}00`).join(
      ",",
    );
    expect(readOperatorTokens(given)).toHaveLength(limits.operatorTokens.most);
  });
});
