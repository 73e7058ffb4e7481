import { InvalidSchemaError } from "@hyperjump/json-schema/draft-2020-12";
import { joinPath } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { DIALECT } from "./dialect.ts";
import { countPatterns, PatternError } from "./pattern.ts";
import { compileSchema } from "./payload-schema.ts";

/** Payloads on which a schema is tried that may have no end. */
const SAMPLES = ["null", "true", "0", '""', "[]", "{}", "[[0]]", '{"a":{"a":0}}'];

/**
 * Why a schema is not taken; nothing when it is. Bounded in size and depth, of the one dialect, and with all that it
 * refers to within it.
 * @param text JSON
 */
export async function refuseSchema(text: string, path: string): Promise<FieldError[]> {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.schemaBytes) {
    return [{ path, message: `is ${bytes} bytes of JSON, and ${limits.schemaBytes} is the limit` }];
  }
  const schema: unknown = JSON.parse(text);
  if (typeof schema !== "boolean" && !isObject(schema)) {
    return [{ path, message: "must be a JSON Schema: an object, or true or false" }];
  }
  if (isObject(schema) && "$vocabulary" in schema) {
    return [{ path: `${path}.$vocabulary`, message: "is not taken: it is for schemas of schemas" }];
  }
  const strangers = foreignTo(schema, path);
  if (strangers.length > 0) return strangers.slice(0, limits.misfits);
  if (countPatterns(schema) > limits.patternsPerSchema) {
    return [{ path, message: `has more than ${limits.patternsPerSchema} patterns, which is the limit` }];
  }
  return tryOut(text, path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What reaches beyond the schema, or changes what its own names mean. */
const FOREIGN: Readonly<Record<string, (value: string) => string | undefined>> = {
  $schema: (dialect) =>
    dialect.replace(/#$/, "") === DIALECT ? undefined : `must be "${DIALECT}", or be left out`,
  $ref: (target) =>
    target.startsWith("#") ? undefined : 'must point into this schema, as "#/$defs/address"',
  $id: () => "is not taken: a schema has no other name than its event type's",
  $dynamicRef: () => "is not taken; use $ref",
};

function foreignTo(value: unknown, path: string, depth = 0): FieldError[] {
  if (depth > limits.schemaDepth) {
    return [
      {
        path: path.slice(0, limits.pathLength),
        message: `is nested deeper than ${limits.schemaDepth} levels`,
      },
    ];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, position) => foreignTo(item, joinPath(path, [position]), depth + 1));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = joinPath(path, [key]);
    const reason =
      typeof inner === "string" && Object.hasOwn(FOREIGN, key) ? FOREIGN[key]?.(inner) : undefined;
    return reason === undefined ? foreignTo(inner, here, depth + 1) : [{ path: here, message: reason }];
  });
}

async function tryOut(text: string, path: string): Promise<FieldError[]> {
  try {
    const schema = await compileSchema(text);
    const endless = SAMPLES.some((sample) => schema.misfits(sample, "").gaveUp);
    return endless ? [{ path, message: "recurses without end: nothing could be checked against it" }] : [];
  } catch (error) {
    return whatIsWrong(error, JSON.parse(text), path);
  }
}

/** The library tells places as JSON pointers. */
function whatIsWrong(error: unknown, schema: unknown, path: string): FieldError[] {
  if (error instanceof PatternError) {
    return [{ path: pathOf(schema, error.pointer, path), message: error.message }];
  }
  if (!(error instanceof InvalidSchemaError)) {
    return [{ path, message: `cannot be used: ${error instanceof Error ? error.message : error}` }];
  }
  const { errors = [{ instanceLocation: "#" }] } = error.output;
  const pointers = errors.map(({ instanceLocation }) => instanceLocation.split("#")[1] ?? "");
  const paths = new Set(pointers.map((pointer) => pathOf(schema, decodeURI(pointer), path)));
  return [...paths]
    .slice(0, limits.misfits)
    .map((path) => ({ path, message: "is not what JSON Schema (draft 2020-12) allows here" }));
}

function pathOf(schema: unknown, pointer: string, prefix: string): string {
  const names = pointer.split("/").slice(1);
  const steps: (string | number)[] = [];
  let at = schema;
  for (const name of names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))) {
    steps.push(Array.isArray(at) ? Number(name) : name);
    at = isObject(at) || Array.isArray(at) ? (at as Record<string, unknown>)[name] : undefined;
  }
  return joinPath(prefix, steps).slice(0, limits.pathLength);
}
