import { compare, Digits, type ExactNumber, isInteger } from "./decimal.ts";

/** Kind of a keyword's value. */
export type Shape = "schema" | "schemas" | "schemaMap" | "items" | "dependencies" | Value;
type Value = keyof typeof VALUES;

const isString = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown): value is ExactNumber =>
  typeof value === "number" || value instanceof Digits;
const isNames = (value: unknown) => Array.isArray(value) && value.every(isString);
const TYPES = new Set<unknown>(["null", "boolean", "object", "array", "number", "string", "integer"]);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}

/** Values other than schemas: the check of each, and the sentence for a wrong one. */
const VALUES = {
  text: [isString, "must be a text"],
  number: [isNumber, "must be a number"],
  positive: [(value: unknown) => isNumber(value) && compare(value, 0) > 0, "must be a number above 0"],
  count: [
    (value: unknown) => isNumber(value) && isInteger(value) && compare(value, 0) >= 0,
    "must be a whole number from 0 on",
  ],
  flag: [(value: unknown) => typeof value === "boolean", "must be true or false"],
  limit: [(value: unknown) => isNumber(value) || typeof value === "boolean", "must be a number"],
  names: [isNames, "must be a list of names"],
  nameMap: [
    (value: unknown) => isObject(value) && Object.values(value).every(isNames),
    "must be an object whose values are lists of names",
  ],
  type: [
    (value: unknown) => TYPES.has(value) || (Array.isArray(value) && value.every((one) => TYPES.has(one))),
    `must be one of ${[...TYPES].join(", ")}, or a list of them`,
  ],
  list: [Array.isArray, "must be a list"],
  any: [() => true, ""],
} as const satisfies Record<string, readonly [(value: unknown) => boolean, string]>;

/** Every known keyword. All others are ignored. */
const KEYWORDS: Readonly<Record<Shape, readonly string[]>> = {
  schema: [
    ..."not if then else additionalProperties propertyNames unevaluatedProperties".split(" "),
    ..."additionalItems contains unevaluatedItems".split(" "),
  ],
  schemas: ["allOf", "anyOf", "oneOf", "prefixItems"],
  schemaMap: ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"],
  items: ["items"],
  dependencies: ["dependencies"],
  text: "$ref $dynamicRef $recursiveRef $anchor $dynamicAnchor pattern format".split(" "),
  number: ["minimum", "maximum"],
  limit: ["exclusiveMinimum", "exclusiveMaximum"],
  positive: ["multipleOf"],
  count: [
    ..."minLength maxLength minItems maxItems minContains maxContains".split(" "),
    ...["minProperties", "maxProperties"],
  ],
  flag: ["uniqueItems", "nullable"],
  names: ["required"],
  nameMap: ["dependentRequired"],
  type: ["type"],
  list: ["enum"],
  any: ["const"],
};

const SHAPES: ReadonlyMap<string, Shape> = new Map(
  Object.entries(KEYWORDS).flatMap(([shape, names]) => names.map((name) => [name, shape as Shape])),
);

export const shapeOf = (keyword: string): Shape | undefined => SHAPES.get(keyword);

/** A schema under a keyword, and its path from there. */
type Part = readonly [steps: readonly (string | number)[], schema: unknown];

/** The schemas under a keyword; a text for an invalid value. */
export function partsOf(shape: Shape, value: unknown, hasTuples: boolean): Part[] | string {
  switch (shape) {
    case "schema":
      return [[[], value]];
    case "items":
      return Array.isArray(value) && hasTuples ? listed(value) : [[[], value]];
    case "schemas":
      if (!Array.isArray(value) || value.length === 0) return "must be a list of schemas, and not empty";
      return listed(value);
    case "schemaMap":
      return isObject(value) ? named(value) : "must be an object whose values are schemas";
    case "dependencies":
      if (!isObject(value)) return "must be an object whose values are schemas or lists of names";
      return named(value).filter(([, part]) => !isNames(part));
    default:
      return VALUES[shape][0](value) ? [] : VALUES[shape][1];
  }
}

const listed = (list: unknown[]): Part[] => list.map((part, position) => [[position], part]);
const named = (map: object): Part[] => Object.entries(map).map(([name, part]) => [[name], part]);
