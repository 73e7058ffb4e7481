import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fieldsOf } from "../../src/platform/check.ts";

function messageFor(schema: z.ZodType, input: unknown): string | undefined {
  const result = schema.safeParse(input);
  return result.success ? undefined : fieldsOf(result.error)[0]?.message;
}

describe("a field that is wrong", () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, "is required"],
    [z.array(z.string()), undefined, "is required"],
    [z.string(), 1, "must be text, and not a number"],
    [z.string(), null, "must be text, and not null"],
    [z.string(), [], "must be text, and not a list"],
    [z.number(), "1", "must be a number, and not text"],
    [z.int(), 1.5, "must be a whole number"],
    [z.boolean(), "true", "must be true or false, and not text"],
    [z.strictObject({}), [], "must be an object, and not a list"],
    [z.record(z.string(), z.string()), "a", "must be an object, and not text"],
    [z.array(z.string()), {}, "must be a list, and not an object"],
    [z.string().max(3), "abcd", "must have at most 3 characters"],
    [z.string().min(1), "", "must have at least 1 character"],
    [z.array(z.string()).max(1), ["a", "b"], "must have at most 1 entry"],
    [z.array(z.string()).min(2), ["a"], "must have at least 2 entries"],
    [z.number().max(3), 4, "must be at most 3"],
    [z.number().gt(3), 3, "must be more than 3"],
    [z.literal("a"), "b", 'must be "a"'],
    [z.enum(["a", "b", "c"]), "d", 'must be "a", "b" or "c"'],
    [z.email(), "x", "must be an e-mail address"],
    [z.string({ error: "must be a name" }), 1, "must be a name"],
  ])("is told what would be right: %#", (schema, input, sentence) => {
    expect(messageFor(schema, input)).toBe(sentence);
  });
});
