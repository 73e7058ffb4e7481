import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newToken, tokenToTry } from "../../src/cli/dev-vars.ts";
import { readOperatorTokens } from "../../src/platform/operator-tokens.ts";
import { MAKE_OPERATOR_TOKEN } from "../../src/platform/token-prefixes.ts";
import { foundIn, scannerPatterns } from "../support/secrets/scanner-patterns.ts";

const [A, B] = ["a".repeat(16), "b".repeat(16)];

test.each([
  [A, A],
  [`ada:admin:${A}`, A],
  [`dashboard:read:${A}, ada:admin:${B}`, B],
  [`dashboard:read:${A},ada:manage:${B}`, A],
])(
  "of the setting %s, what is tried at the start is a token alone, which may do everything if one may",
  (setting, token) => {
    expect(tokenToTry(setting)).toBe(token);
  },
);

describe("a token of the operator's that is made", () => {
  const patterns = scannerPatterns(
    readFileSync(join(import.meta.dirname, "../../docs/operate/security.md"), "utf8"),
  );

  test("is found by the pattern of docs/operate/security.md, whole, alone and among others", () => {
    const token = newToken();
    expect(token).not.toBe(newToken());
    for (const setting of [token, `OPERATOR_TOKEN=${token}`, `ada:admin:${token},b:read:x`]) {
      expect(foundIn(setting, patterns)).toEqual({ "an operator's token": token });
    }
    expect(readOperatorTokens(token)).toMatchObject([{ token }]);
  });

  test("is of one form with those that the command makes, which is shown wherever one is asked for", () => {
    const made = execFileSync("sh", ["-c", MAKE_OPERATOR_TOKEN], { encoding: "utf8" }).trim();
    expect(foundIn(made, patterns)).toEqual({ "an operator's token": made });
    for (const page of ["docs/operate/deploying.md", "docs/operate/security.md"]) {
      expect(readFileSync(join(import.meta.dirname, "../..", page), "utf8")).toContain(MAKE_OPERATOR_TOKEN);
    }
  });

  test("has a key for sealing beside it that is found, too", () => {
    const keys = `local:${randomBytes(32).toString("base64")}`;
    expect(foundIn(`SECRET_KEYS=${keys}`, patterns)).toEqual({ SECRET_KEYS: `SECRET_KEYS=${keys}` });
  });
});
