/** Schemas as the libraries write them are taken as they are, and mean what they mean there. */
import { Type } from "@sinclair/typebox";
import { toJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as z3 from "zod/v3";
import { zodToJsonSchema } from "zod-to-json-schema";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";

async function judge(schema: unknown, payload: unknown): Promise<boolean> {
  const text = JSON.stringify(schema);
  expect(await refuseSchema(text, "schema")).toEqual([]);
  const { fields, cutShort } = (await surveySchema(text).compile()).misfits(
    JSON.stringify(payload),
    "payload",
  );
  expect(cutShort).toBe(false);
  return fields.length === 0;
}

describe("zod's formats", () => {
  test.each<[string, z.ZodType, fits: string, doesNot: string]>([
    [
      "datetime with offset",
      z.iso.datetime({ offset: true }),
      "2026-11-29T23:00:00+01:00",
      "2026-02-30T00:00:00Z",
    ],
    ["local datetime", z.iso.datetime({ local: true }), "2026-11-29T23:00:00", "2026-11-29"],
    ["date", z.iso.date(), "2024-02-29", "2023-02-29"],
    ["time", z.iso.time(), "23:59:59", "24:00"],
    ["duration", z.iso.duration(), "P1DT2H", "P1DT"],
    ["email", z.email(), "ada@example.com", "ada@example"],
    ["uuid", z.uuid(), "6cf26009-c002-4b03-b86e-8c0bf8d86389", "6cf26009"],
    ["url", z.url(), "https://example.com/", "example"],
    ["emoji", z.emoji(), "👩‍💻😀", "1"],
    ["hostname", z.hostname(), "a.example.com", `${"a".repeat(64)}.com`],
    ["ipv4", z.ipv4(), "192.0.2.1", "192.0.2.256"],
    ["ipv6", z.ipv6(), "2001:db8::1", "2001:db8::1::"],
    ["cidrv6", z.cidrv6(), "2001:db8::/32", "2001:db8::/129"],
    ["base64", z.base64(), "aGk=", "aGk"],
    ["e164", z.e164(), "+4930123456", "030"],
    ["mac", z.mac(), "00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D"],
    ["ulid", z.ulid(), "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FA"],
    ["a password", z.string().regex(/^(?=.*[A-Z])(?=.*\d).{8,}$/u), "Passw0rd", "password"],
  ])("%s", async (_, schema, fits, doesNot) => {
    expect([schema.safeParse(fits).success, schema.safeParse(doesNot).success]).toEqual([true, false]);
    for (const target of ["draft-2020-12", "draft-7", "draft-4", "openapi-3.0"] as const) {
      const written = z.toJSONSchema(schema, { target });
      expect([target, await judge(written, fits), await judge(written, doesNot)]).toEqual([
        target,
        true,
        false,
      ]);
    }
  });
});

const order = { id: 1, note: null, tags: ["a"], pair: ["x", 1], kind: "card", child: { id: 2 } };
const wrong = [
  { ...order, id: 1.5 },
  { ...order, note: 1 },
  { ...order, pair: ["x", "y"] },
  { ...order, kind: "cash" },
];

const zodOrder = z
  .object({
    id: z.int().positive(),
    note: z.string().nullable(),
    tags: z.array(z.string()).max(3),
    pair: z.tuple([z.string(), z.number()]),
    kind: z.enum(["card", "bank"]),
    child: z.object({ id: z.int() }).meta({ id: "Child" }),
  })
  .meta({ title: "Order", examples: [{ $id: "1" }], default: { $ref: "#/x" } as never });

const zod3Order = z3.z.object({
  id: z3.z.number().int().positive(),
  note: z3.z.string().nullable(),
  tags: z3.z.array(z3.z.string()).max(3),
  pair: z3.z.tuple([z3.z.string(), z3.z.number()]),
  kind: z3.z.enum(["card", "bank"]),
  child: z3.z.object({ id: z3.z.number().int() }),
});

const valibotOrder = v.object({
  id: v.pipe(v.number(), v.integer(), v.minValue(1)),
  note: v.nullable(v.string()),
  tags: v.pipe(v.array(v.string()), v.maxLength(3)),
  pair: v.strictTuple([v.string(), v.number()]),
  kind: v.picklist(["card", "bank"]),
  child: v.object({ id: v.number() }),
});

const typeboxOrder = Type.Object(
  {
    id: Type.Integer({ exclusiveMinimum: 0 }),
    note: Type.Union([Type.String(), Type.Null()]),
    tags: Type.Array(Type.String(), { maxItems: 3 }),
    pair: Type.Tuple([Type.String(), Type.Number()]),
    kind: Type.Union([Type.Literal("card"), Type.Literal("bank")]),
    child: Type.Object({ id: Type.Integer() }, { $id: "Child" }),
    again: Type.Optional(Type.Unsafe({ $ref: "Child" })),
  },
  { $id: "Order" },
);

const arkOrder = type({
  id: "number.integer > 0",
  note: "string | null",
  tags: "string[] <= 3",
  pair: ["string", "number"],
  kind: "'card' | 'bank'",
  child: { id: "number" },
});

describe("an order", () => {
  test.each<[string, unknown]>([
    ["zod, draft 2020-12", z.toJSONSchema(zodOrder)],
    ["zod, draft-07", z.toJSONSchema(zodOrder, { target: "draft-7" })],
    ["zod, draft-04", z.toJSONSchema(zodOrder, { target: "draft-4" })],
    ["zod, OpenAPI 3.0", z.toJSONSchema(zodOrder, { target: "openapi-3.0" })],
    ["zod-to-json-schema", zodToJsonSchema(zod3Order as never, "Order")],
    ["zod-to-json-schema, OpenAPI 3.0", zodToJsonSchema(zod3Order as never, { target: "openApi3" })],
    [
      "zod-to-json-schema, draft 2019-09",
      zodToJsonSchema(zod3Order as never, { target: "jsonSchema2019-09" }),
    ],
    ["valibot", toJsonSchema(valibotOrder)],
    ["typebox", typeboxOrder],
    ["arktype", arkOrder.toJsonSchema()],
  ])("of %s", async (name, schema) => {
    expect([name, await judge(schema, order)]).toEqual([name, true]);
    const isLoose = JSON.stringify(schema).includes('"items":{"anyOf"');
    for (const one of wrong) {
      if (isLoose && one.pair[1] === "y") continue;
      expect([name, one, await judge(schema, one)]).toEqual([name, one, false]);
    }
  });
});

describe("the schemas of OpenAPI documents", () => {
  test("3.0: nullable, exclusive bounds as flags, remarks of all kinds", async () => {
    const schema = {
      type: "object",
      properties: {
        note: { type: "string", nullable: true, example: { $ref: "https://example.com" } },
        price: { type: "number", minimum: 0, exclusiveMinimum: true },
      },
      discriminator: { propertyName: "kind" },
      xml: { name: "order" },
      externalDocs: { url: "https://example.com" },
    };
    expect(await judge(schema, { note: null, price: 0.01 })).toBe(true);
    expect(await judge(schema, { price: 0 })).toBe(false);
  });

  test("3.1: draft 2020-12, with references to components of the document that holds it", async () => {
    const schema = {
      $schema: "https://spec.openapis.org/oas/3.1/dialect/base",
      $ref: "#/components/schemas/Order",
      components: { schemas: { Order: { type: "object", required: ["id"] } } },
    };
    expect(await judge(schema, { id: 1 })).toBe(true);
    expect(await judge(schema, {})).toBe(false);
  });
});

describe("data is no keyword", () => {
  test.each<[object, unknown]>([
    [{ const: { $id: "1" } }, { $id: "1" }],
    [{ enum: [{ $ref: "https://x" }] }, { $ref: "https://x" }],
    [{ default: { $schema: "x" }, examples: [{ $dynamicRef: "#a", pattern: "(" }] }, 1],
    [{ properties: { $ref: { type: "integer" }, $id: true, pattern: {} } }, { $ref: 1 }],
    [{ "x-note": { allOf: 1, $vocabulary: {} } }, 1],
    [{ $defs: { ü: { type: "null" } }, $ref: "#/$defs/%C3%BC" }, null],
    [{ $defs: { "a/b~c%": { type: "null" } }, $ref: "#/$defs/a~1b~0c%25" }, null],
  ])("%j", async (schema, payload) => {
    expect(await judge(schema, payload)).toBe(true);
  });
});

describe("times of RFC 3339", () => {
  test.each([
    ["1998-12-31T23:59:60Z", true],
    ["1998-12-31T15:59:60.123-08:00", true],
    ["1998-12-31t23:59:59z", true],
    ["1998-12-31T22:59:60Z", false],
    ["1998-12-31 23:59:59Z", false],
    ["1998-12-31T23:59:59", false],
  ])("%s: %s", async (text, fits) => {
    expect(await judge({ format: "date-time" }, text)).toBe(fits);
  });
});
