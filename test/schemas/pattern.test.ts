import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Pattern } from "../../src/schemas/pattern.ts";

const ofZod = (schema: z.ZodType) => z.toJSONSchema(schema).pattern ?? "";

describe("a character costs", () => {
  test.each([
    ["a UUID", ofZod(z.uuid())],
    ["an e-mail address", ofZod(z.email())],
    ["an instant", ofZod(z.iso.datetime({ offset: true }))],
    ["an IPv4 address", ofZod(z.ipv4())],
    ["an amount", "^-?\\d+(\\.\\d{1,2})?$"],
    ["a pattern that backtracking never ends with", "^(a|a)*$"],
    ["nothing", ""],
  ])("one step where all states of the pattern are known beforehand: %s", (_, source) => {
    expect(new Pattern(source).cost).toBe(1);
  });

  test.each([
    ["as its states double with each character", "a[ab]{60}c$"],
    ["as it looks around", "(?=a)a"],
    ["as it has the tables of Unicode", "^[\\p{L} ]{1,100}$"],
  ])("a look at each instruction where they are not: %s", (_, source) => {
    expect(new Pattern(source).cost).toBeGreaterThan(4);
  });
});
