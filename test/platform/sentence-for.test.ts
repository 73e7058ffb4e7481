import { describe, expect, test } from "vitest";
import { z } from "zod";
import { emailContent } from "../../src/domain/email-content.ts";
import { fieldsOf } from "../../src/platform/check.ts";
import { endpointInput, rotateInput } from "../../src/registry/endpoint-input.ts";
import { tenantInput } from "../../src/registry/tenants.ts";
import { tokenInput } from "../../src/registry/tokens.ts";

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

describe("an input that is wrong", () => {
  const endpoint = (rest: object) => ({ channel: "webhook", url: "https://example.com/", ...rest });
  const email = (rest: object) => ({ to: "ada@example.com", subject: "Hello", text: "Hello", ...rest });
  const tenant = (quota: object) => ({ id: "acme", quota });
  const NO_HEADER = "must be the name of an HTTP header, as x-team";
  const NO_ADDRESS = 'must be one e-mail address, as "ada@example.com" or "Ada <ada@example.com>"';
  const NO_ADDRESSES = "must be an e-mail address or a list of them";
  const NO_QUOTA = "must be a whole number from 0 to 9007199254740991";
  const NO_STATUS = "must be an HTTP status from 300 to 599";

  test.each<[z.ZodType, object, path: string, message: string]>([
    [endpointInput, endpoint({ headers: { "X A": "x" } }), "headers.X A", NO_HEADER],
    [endpointInput, endpoint({ headers: { "": "x" } }), "headers.", NO_HEADER],
    [endpointInput, endpoint({ secretHeaders: { "X:A": "x" } }), "secretHeaders.X:A", NO_HEADER],
    [endpointInput, endpoint({ giveUpOn: [1e19] }), "giveUpOn[0]", NO_STATUS],
    [endpointInput, endpoint({ giveUpOn: ["x"] }), "giveUpOn[0]", NO_STATUS],
    [tenantInput, tenant({ messagesPerDay: -1 }), "quota.messagesPerDay", NO_QUOTA],
    [tenantInput, tenant({ messagesPerDay: 2 ** 53 }), "quota.messagesPerDay", NO_QUOTA],
    [tenantInput, tenant({ messagesPerDay: 0.5 }), "quota.messagesPerDay", NO_QUOTA],
    [
      rotateInput,
      { overlapSeconds: -1 },
      "overlapSeconds",
      "must be a whole number of seconds from 0 to 2592000",
    ],
    [emailContent, email({ replyTo: ["ada"] }), "replyTo[0]", NO_ADDRESS],
    [emailContent, email({ replyTo: "ada" }), "replyTo", NO_ADDRESSES],
    [emailContent, email({ from: "ada" }), "from", NO_ADDRESS],
    [emailContent, email({ to: ["ada@example.com", "ada"] }), "to[1]", NO_ADDRESS],
    [emailContent, email({ cc: ["ada@example.com", 7] }), "cc[1]", NO_ADDRESS],
    [emailContent, email({ to: "ada" }), "to", NO_ADDRESSES],
    [emailContent, email({ to: [] }), "to", "must have at least 1 entry"],
    [emailContent, email({ to: 7 }), "to", NO_ADDRESSES],
  ])("is told once, where it is wrong and what would be right: %#", (schema, input, path, message) => {
    const { error } = schema.safeParse(input);
    expect(error && fieldsOf(error)).toEqual([{ path, message }]);
  });

  test.each<[z.ZodType, object, object]>([
    [
      endpointInput,
      endpoint({ eventTypes: ["a", "b", "a"], giveUpOn: [404, 404] }),
      { eventTypes: ["a", "b"], giveUpOn: [404] },
    ],
    [tokenInput, { scopes: ["read", "read"] }, { scopes: ["read"] }],
  ])("and is not for naming an entry of a list twice, which counts once: %#", (schema, input, kept) => {
    expect(schema.parse(input)).toMatchObject(kept);
  });
});
