import { registerSchema, unregisterSchema, validate } from "@hyperjump/json-schema/draft-2020-12";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/platform/limits.ts";
import { surveySchema } from "../../src/schemas/payload-schema.ts";

/** Where a payload does not fit a schema, and what is wanted there. */
async function misfits(schema: unknown, payload: unknown): Promise<[path: string, want: string][]> {
  const ready = await surveySchema(JSON.stringify(schema)).compile();
  const { fields } = ready.misfits(JSON.stringify(payload), "payload");
  return fields.map(({ path, message }) => [path, message]);
}

const paths = async (schema: unknown, payload: unknown) =>
  (await misfits(schema, payload)).map(([path]) => path);

describe("misfits", () => {
  const order = {
    type: "object",
    required: ["id", "customer"],
    properties: {
      id: { type: "integer" },
      customer: {
        $ref: "#/$defs/customer",
      },
      lines: { type: "array", items: { type: "object", required: ["sku"] }, maxItems: 3 },
    },
    additionalProperties: false,
    $defs: { customer: { type: "object", properties: { email: { type: "string", format: "email" } } } },
  };

  test("is named by its path, and told what is wanted", async () => {
    const payload = { id: "7", customer: { email: "nobody" }, lines: [{ sku: 1 }, {}], colour: "red" };
    expect(Object.fromEntries(await misfits(order, payload))).toEqual({
      "payload.id": "must be of type integer",
      "payload.customer.email": 'must have the format "email"',
      "payload.lines[1].sku": "is required",
      "payload.colour": "is not allowed here",
    });
    expect(await misfits(order, { id: 1 })).toEqual([["payload.customer", "is required"]]);
    expect(await misfits(order, 1)).toEqual([["payload", "must be of type object"]]);
    expect(await misfits(order, { id: 1, customer: { email: "ada@example.com" }, lines: [] })).toEqual([]);
  });

  test("is never told what it is: no value of the payload is in a message", async () => {
    const secret = "s3cret-value";
    const schemas = [
      { type: "integer" },
      { enum: ["a"] },
      { const: 1 },
      { pattern: "^x$" },
      { format: "email" },
      { maxLength: 2 },
      { minLength: 99 },
      { not: { type: "string" } },
      { anyOf: [{ type: "null" }, { type: "integer" }] },
      { oneOf: [{ type: "string" }, { minLength: 1 }] },
      { allOf: [{ type: "null" }] },
      JSON.parse('{"if":true,"then":false}'),
      false,
    ];
    for (const schema of schemas) {
      const found = await misfits(schema, secret);
      expect(found.map(([path]) => path)).toEqual(["payload"]);
      expect(JSON.stringify(found)).not.toContain(secret);
    }
    for (const schema of [{ contains: { const: 1 } }, { items: false }, { uniqueItems: true, maxItems: 1 }]) {
      const found = await misfits(schema, [secret, secret]);
      expect(found.length).toBeGreaterThan(0);
      expect(JSON.stringify(found)).not.toContain(secret);
    }
  });

  test.each<[schema: object, fits: unknown, doesNot: unknown, want: RegExp]>([
    [{ type: ["string", "null"] }, null, 1, /^must be of type string or null$/],
    [{ enum: ["a", { b: 1 }] }, { b: 1 }, { b: 2 }, /^must be one of "a", \{"b":1\}$/],
    [{ minimum: 3 }, 3, 2.9, /^must be at least 3$/],
    [{ exclusiveMaximum: 3 }, 2.9, 3, /^must be less than 3$/],
    [{ multipleOf: 0.01 }, 19.99, 19.995, /^must be a multiple of 0\.01$/],
    [{ minLength: 2 }, "☃☃", "☃", /^must have at least 2 characters$/],
    [{ maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }, /^must have at most 1 properties$/],
    [
      { uniqueItems: true },
      [1, "1", { a: 1 }],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      /^must not have an item twice$/,
    ],
    [{ contains: { type: "null" }, minContains: 2 }, [null, 1, null], [null, 1], /contains/],
    [{ propertyNames: { pattern: "^[a-z]+$" } }, { ab: 1 }, { aB: 1 }, /^must match \^\[a-z\]\+\$$/],
    [
      { patternProperties: { "^n_": { type: "number" } } },
      { n_a: 1, b: "x" },
      { n_a: "x" },
      /^must be of type number$/,
    ],
    [{ dependentRequired: { card: ["address"] } }, { card: 1, address: 2 }, { card: 1 }, /dependentRequired/],
    [{ properties: { a: true }, unevaluatedProperties: false }, { a: 1 }, { b: 1 }, /^is not allowed here$/],
    [
      { format: "date-time" },
      "2026-11-23T20:00:00+01:00",
      "23.11.2026",
      /^must have the format "date-time"$/,
    ],
    [{ format: "date" }, "2024-02-29", "2023-02-29", /"date"/],
    [{ format: "uuid" }, "6cf26009-c002-4b03-b86e-8c0bf8d86389", "6cf26009", /"uuid"/],
    [{ format: "uri" }, "https://example.com/a?b#c", "example com", /"uri"/],
    [{ format: "ipv4" }, "192.0.2.1", "192.0.2.256", /"ipv4"/],
  ])("%j", async (schema, fits, doesNot, want) => {
    expect(await misfits(schema, fits)).toEqual([]);
    const found = await misfits(schema, doesNot);
    expect(found).toHaveLength(1);
    expect(found[0]?.[1]).toMatch(want);
  });

  test("a format that is not known is a remark, as the standard has it", async () => {
    expect(await misfits({ format: "phone" }, "x")).toEqual([]);
    expect(await misfits({ format: "toString" }, "x")).toEqual([]);
  });

  test("is told 20 times at most, however much of it there is, and no path is longer than 256 characters", async () => {
    expect(await paths({ items: { type: "string" } }, Array(1000).fill(1))).toHaveLength(limits.misfits);
    const required = Array.from({ length: 1000 }, (_, n) => `name${n}`);
    expect(await paths({ required }, {})).toHaveLength(limits.misfits);
    const [[path] = [""]] = await misfits({ additionalProperties: false }, { ["x".repeat(10_000)]: 1 });
    expect(path.length).toBe(limits.pathLength);
  });

  test("names that every object has are names as any other", async () => {
    const schema = {
      properties: { constructor: { type: "string" }, toString: { type: "string" } },
      additionalProperties: { type: "number" },
    };
    expect(
      await misfits(schema, JSON.parse('{"constructor":"a","toString":"b","hasOwnProperty":1}')),
    ).toEqual([]);
    expect(await paths(schema, { constructor: 1, valueOf: "x" })).toEqual([
      "payload.constructor",
      "payload.valueOf",
    ]);
    const required = { required: ["toString"] };
    expect(await paths(required, {})).toEqual(["payload.toString"]);
    const ready = await surveySchema('{"properties":{"__proto__":{"type":"string"}}}').compile();
    expect(ready.misfits('{"__proto__":1}', "payload").fields.length).toBeGreaterThan(0);
  });

  test("do not come from the test of an if, though its steps are counted", async () => {
    const schema = JSON.parse(
      '{"if":{"properties":{"a":{"pattern":"^x"}}},"then":{"required":["b"]},"else":true}',
    );
    expect(await misfits(schema, { a: "y" })).toEqual([]);
    expect(await misfits(schema, { a: "x" })).toEqual([["payload.b", "is required"]]);
  });
});

describe("numbers are compared by their digits", () => {
  test.each<[schema: string, fits: string, doesNot: string]>([
    ['{"multipleOf":0.01}', "9007199254.99", "9007199254.999"],
    ['{"multipleOf":1e-8}', "0.12345678", "0.123456789"],
    ['{"uniqueItems":true}', "[9007199254740993,9007199254740992]", "[9007199254740993,9007199254740993.0]"],
    ['{"maximum":9007199254740993}', "9007199254740993", "9007199254740994"],
    ['{"minimum":1e400}', "1e400", "1e399"],
    ['{"exclusiveMinimum":0.1}', "0.10000000000000000001", "0.1"],
    ['{"const":12345678901234567890}', "12345678901234567890", "12345678901234567891"],
    ['{"enum":[12345678901234567890]}', "12345678901234567890.0", "12345678901234567889"],
    ['{"type":"integer"}', "12345678901234567890.0", "12345678901234567890.5"],
    ['{"multipleOf":3}', "3e99999999", "1e99999999"],
  ])("%s takes %s, and not %s", async (schema, fits, doesNot) => {
    const ready = await surveySchema(schema).compile();
    expect(ready.misfits(fits, "payload")).toEqual({ fields: [], cutShort: false });
    const { fields, cutShort } = ready.misfits(doesNot, "payload");
    expect([fields.length, cutShort]).toEqual([1, false]);
  });

  test("and told as the schema has them", async () => {
    const ready = await surveySchema('{"maximum":9007199254740993}').compile();
    const [field] = ready.misfits("9007199254740994", "payload").fields;
    expect(field?.message).toBe("must be at most 9007199254740993");
  });
});

test("a length is counted in characters of Unicode, whatever they take", async () => {
  const fits = async (schema: object, text: string) => (await misfits(schema, text)).length === 0;
  const texts = [
    "",
    "a",
    "ab",
    "😀",
    "😀a",
    "😀😀",
    "\ud83d",
    "\ud83da",
    "\ude00\ud83d",
    "a😀b😀c",
    "é\u0301",
  ];
  for (const text of texts) {
    const length = [...text].length;
    for (const bound of [0, 1, 2, 3, 4, 5, 6]) {
      expect(await fits({ minLength: bound }, text), `${text} >= ${bound}`).toBe(length >= bound);
      expect(await fits({ maxLength: bound }, text), `${text} <= ${bound}`).toBe(length <= bound);
    }
  }
});

describe("a check has an end", () => {
  const chain = (length: number, link: (next: object) => object) => ({
    $ref: "#/$defs/d0",
    $defs: Object.fromEntries(
      Array.from({ length }, (_, n) => [`d${n}`, n + 1 < length ? link({ $ref: `#/$defs/d${n + 1}` }) : {}]),
    ),
  });
  const full = (item: unknown) => {
    const text = JSON.stringify(item);
    return Array(Math.floor(limits.payloadBytes / (text.length + 1)) - 1).fill(item);
  };

  test.each<[string, object, unknown]>([
    ["schemas that double at each step", chain(200, (next) => ({ allOf: [next, next] })), 1],
    [
      "twice through a payload",
      {
        $ref: "#/$defs/n",
        $defs: { n: { anyOf: [{ items: { $ref: "#/$defs/n" } }, { items: { $ref: "#/$defs/n" } }] } },
      },
      Array.from({ length: 60 }).reduce((inner) => [inner], 1 as unknown),
    ],
    [
      "long lists of names at every item",
      { items: { required: Array.from({ length: 5000 }, (_, n) => `${n}`) } },
      full({}),
    ],
    [
      "many comparisons of something large",
      { allOf: Array.from({ length: 1900 }, (_, n) => ({ const: n })) },
      full(1),
    ],
    [
      "many looks for duplicates",
      { allOf: Array.from({ length: 1900 }, () => ({ uniqueItems: true })) },
      full(1),
    ],
    [
      "large patterns on long texts",
      { allOf: Array.from({ length: 15 }, () => ({ pattern: "a[ab]{60}c$" })) },
      "ab".repeat(120_000),
    ],
    ...[{ minLength: 1 }, { maxLength: 1e6 }].map((keyword): [string, object, unknown] => [
      `many looks at the length of a long text: ${JSON.stringify(keyword)}`,
      { allOf: Array.from({ length: 1900 }, () => keyword) },
      "a".repeat(limits.payloadBytes - 2),
    ]),
    ...["email", "uri", "duration"].map((format): [string, object, unknown] => [
      `many looks whether long texts are of the format ${format}`,
      { items: { allOf: Array.from({ length: 1900 }, () => ({ format })) } },
      full("a".repeat(limits.formattedLength)),
    ]),
    [
      "many looks at long names",
      { propertyNames: { allOf: Array.from({ length: 1000 }, () => ({ maxLength: 2000 })) } },
      Object.fromEntries(full("a".repeat(1000)).map((name, n) => [`${n}${name}`, n])),
    ],
  ])("%s", async (_, schema, payload) => {
    const ready = await surveySchema(JSON.stringify(schema)).compile();
    const { fields, cutShort } = ready.misfits(JSON.stringify(payload), "payload");
    expect(cutShort).toBe(true);
    expect(fields).toEqual([
      { path: "payload", message: expect.stringMatching(/^cannot be checked against the schema/) },
    ]);
  });

  test("something nested so deeply that no call stack holds it is refused, not thrown", async () => {
    const ready = await surveySchema('{"items":{"$ref":"#"}}').compile();
    const depth = limits.payloadBytes / 2 - 1;
    expect(ready.misfits(`${"[".repeat(depth)}${"]".repeat(depth)}`, "payload").cutShort).toBe(true);
  });

  test("an ordinary schema has steps to spare for the largest payload", async () => {
    const schema = {
      type: "array",
      items: {
        type: "object",
        required: ["id", "email", "state"],
        properties: {
          id: { type: "integer", minimum: 0 },
          email: { type: "string", pattern: "^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$", maxLength: 320 },
          state: { enum: ["new", "paid", "sent"] },
        },
        additionalProperties: false,
      },
    };
    expect(await misfits(schema, full({ id: 1, email: "ada@example.com", state: "paid" }))).toEqual([]);
  });

  test.each(["(a+)+$", "^(a|a)*$", "a*a*a*a*a*b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])(
    "the pattern %s, which others take for ever with, takes steps in proportion to the text",
    async (pattern) => {
      expect(await paths({ pattern }, `${"ax".repeat(100_000)}!`)).toEqual(["payload"]);
    },
  );
});

test("a pattern means what it means in JavaScript", async () => {
  const patterns = [
    "^a+b?$",
    "^\\d{2,3}-[A-Z]",
    "^(foo|ba[rz])*$",
    "\\bx\\b",
    "^[^@\\s]+@[^@\\s]+$",
    "^\\p{Lu}",
    "é|\\u00e8",
    "^\\S+$",
    "^a.b$",
    "^\\ud83d\\ude00$",
    "^[\\u{1f600}-\\u{1f602}x]$",
    "^(?=.*0)(?!.*z)[a-f0 ]+$",
    "(?<=a)b|(?<!x)f",
    "^(?:a(?=b)|b)+$",
    "[^]b[]|^[^]$",
    "^\\P{L}+?\\cJ?$",
    "^\\p{Script_Extensions=Latin}+$",
    "\\Bx",
  ];
  for (const source of patterns) {
    const ready = await surveySchema(JSON.stringify({ pattern: source })).compile();
    const pattern = new RegExp(source, "u");
    fc.assert(
      fc.property(
        fc.oneof(
          /\\[bB]|\(\?[=!<]|\[\^?\]|\\[pP]\{Script/.test(source)
            ? fc.constant("a x b")
            : fc.stringMatching(pattern),
          fc.string({ unit: fc.constantFrom(..."abfozr0A-@ éx1\u00a0\u2028\n\ufeff😀\ud83d") }),
        ),
        (text) => {
          const fits = ready.misfits(JSON.stringify(text), "payload").fields.length === 0;
          expect(fits).toBe(pattern.test(text));
        },
      ),
      { numRuns: 100 },
    );
  }
});

test("an app that uses the same validator keeps the standard's keywords, in whichever order the two begin", async () => {
  const theirs = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    properties: { email: { format: "email" }, name: { pattern: "^(?=A)" } },
  };
  registerSchema(theirs, "https://app.example/customer");
  const fitsTheirs = (await validate("https://app.example/customer")) as (value: object) => {
    valid: boolean;
  };
  const judge = () => [
    fitsTheirs({ email: "no e-mail", name: "Ada" }).valid,
    fitsTheirs({ name: "Bob" }).valid,
  ];
  expect(judge()).toEqual([true, false]);
  expect(await paths({ properties: { email: { format: "email" } } }, { email: "no e-mail" })).toEqual([
    "payload.email",
  ]);
  expect(judge()).toEqual([true, false]);
  unregisterSchema("https://app.example/customer");
});
