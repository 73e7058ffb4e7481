import { expect, test } from "vitest";
import { tokenToTry } from "../../src/cli/dev-vars.ts";

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
