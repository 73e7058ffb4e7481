import type { registerSchema } from "@hyperjump/json-schema/draft-2020-12";
import { exactJson } from "./decimal.ts";
import { type Draft, hasTuples, knows, refStandsAlone } from "./drafts.ts";
import { isObject, shapeOf } from "./shapes.ts";
import { keyOf, type Steps, type Survey } from "./survey.ts";

/** A schema in the outbox's dialect. */
type Written = Extract<Parameters<typeof registerSchema>[0], object> | boolean;

/**
 * Writes a schema of any draft in the outbox's dialect: every reference points to `#/$defs/n`, numbers and data are
 * texts of JSON, and ignored keywords are left out. Each schema is written once.
 */
export function writeSchema(survey: Survey): Written {
  const writer = new Writer(survey);
  const targets = [...survey.targets.values()];
  const $defs = Object.fromEntries(
    targets.map((place, number) => [number, writer.body(place.value, place.steps)]),
  );
  const root = writer.schema(survey.root.value, []);
  if (typeof root === "boolean" || targets.length === 0) return root;
  return { ...root, $defs };
}

const NUMBERS = ["multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const SAME = new Set(["type", "format", "pattern", "uniqueItems", "required", "dependentRequired"]);

class Writer {
  readonly #draft: Draft;
  readonly #meanings: ReadonlyMap<string, string>;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor({ draft, meanings, targets }: Survey) {
    this.#draft = draft;
    this.#meanings = meanings;
    this.#numbers = new Map([...targets.keys()].map((key, number) => [key, number]));
  }

  schema(value: unknown, steps: Steps): Written {
    const number = this.#numbers.get(keyOf(steps));
    return number === undefined ? this.body(value, steps) : { $ref: `#/$defs/${number}` };
  }

  body(value: unknown, steps: Steps): Written {
    if (!isObject(value)) return value as boolean;
    if (refStandsAlone(this.#draft) && typeof value["$ref"] === "string")
      return this.#references(value, steps) as Written;
    const known = Object.fromEntries(
      Object.entries(value).filter(([keyword]) => knows(this.#draft, keyword)),
    );
    const written: object = {
      ...this.#values(known),
      ...this.#numbersOf(known),
      ...this.#applicators(known, steps),
      ...this.#items(known, steps),
      ...this.#dependencies(known, steps),
      ...this.#condition(known, steps),
      ...this.#type(known),
      ...this.#references(known, steps),
    };
    return written as Written;
  }

  #values(schema: Record<string, unknown>): Record<string, unknown> {
    const written: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      if (SAME.has(keyword)) written[keyword] = value;
      else if (keyword === "const") written[keyword] = exactJson(value);
      else if (keyword === "enum") written[keyword] = (value as unknown[]).map(exactJson);
      else if (shapeOf(keyword) === "count") written[keyword] = Number(exactJson(value));
    }
    return written;
  }

  #numbersOf(schema: Record<string, unknown>): Record<string, unknown> {
    const written = NUMBERS.filter((name) => schema[name] !== undefined && typeof schema[name] !== "boolean");
    const texts: Record<string, unknown> = Object.fromEntries(
      written.map((name) => [name, exactJson(schema[name])]),
    );
    // Draft 04 and OpenAPI 3.0 have flags about a limit, and libraries write them in later drafts too.
    for (const [flag, limit] of [
      ["exclusiveMinimum", "minimum"],
      ["exclusiveMaximum", "maximum"],
    ] as const) {
      if (schema[flag] !== true || texts[limit] === undefined) continue;
      texts[flag] = texts[limit];
      delete texts[limit];
    }
    return texts;
  }

  #applicators(schema: Record<string, unknown>, steps: Steps): Record<string, unknown> {
    const written: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      if (["if", "then", "else", "additionalItems", "$defs", "definitions"].includes(keyword)) continue;
      const here = [...steps, keyword];
      const shape = shapeOf(keyword);
      if (shape === "schema") written[keyword] = this.schema(value, here);
      if (shape === "schemas") written[keyword] = this.#list(value as unknown[], here);
      if (shape === "schemaMap") written[keyword] = this.#map(value as object, here);
    }
    return written;
  }

  #items(schema: Record<string, unknown>, steps: Steps): Record<string, unknown> {
    const { items, additionalItems } = schema;
    if (items === undefined) return {};
    const here = [...steps, "items"];
    if (!Array.isArray(items) || !hasTuples(this.#draft)) return { items: this.schema(items, here) };
    const rest =
      additionalItems === undefined
        ? {}
        : { items: this.schema(additionalItems, [...steps, "additionalItems"]) };
    return { ...(items.length > 0 && { prefixItems: this.#list(items, here) }), ...rest };
  }

  #dependencies(schema: Record<string, unknown>, steps: Steps): Record<string, unknown> {
    const { dependencies, dependentRequired = {}, dependentSchemas = {} } = schema;
    if (!isObject(dependencies)) return {};
    const entries = Object.entries(dependencies);
    const schemas = Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value)));
    return {
      dependentRequired: {
        ...(dependentRequired as object),
        ...Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))),
      },
      dependentSchemas: {
        ...this.#map(dependentSchemas as object, [...steps, "dependentSchemas"]),
        ...this.#map(schemas, [...steps, "dependencies"]),
      },
    };
  }

  #condition(schema: Record<string, unknown>, steps: Steps): Record<string, unknown> {
    if (schema["if"] === undefined) return {};
    const branch = (keyword: string) => this.schema(schema[keyword] ?? true, [...steps, keyword]);
    return { conditional: [branch("if"), branch("then"), branch("else")] };
  }

  #type({ type, nullable }: Record<string, unknown>): Record<string, unknown> {
    return nullable === true && type !== undefined ? { type: [type, "null"].flat() } : {};
  }

  #references(schema: Record<string, unknown>, steps: Steps): Record<string, unknown> {
    const refs = ["$ref", "$dynamicRef", "$recursiveRef"].flatMap((keyword) => {
      const meaning = keyword in schema ? this.#meanings.get(keyOf([...steps, keyword])) : undefined;
      return meaning === undefined ? [] : [{ $ref: `#/$defs/${this.#numbers.get(meaning)}` }];
    });
    if (refs.length < 2) return refs[0] ?? {};
    const allOf =
      schema["allOf"] === undefined ? [] : this.#list(schema["allOf"] as unknown[], [...steps, "allOf"]);
    return { allOf: [...allOf, ...refs] };
  }

  #list(schemas: readonly unknown[], steps: Steps): Written[] {
    return schemas.map((schema, position) => this.schema(schema, [...steps, position]));
  }

  #map(schemas: object, steps: Steps): Record<string, Written> {
    const entries = Object.entries(schemas);
    return Object.fromEntries(entries.map(([name, schema]) => [name, this.schema(schema, [...steps, name])]));
  }
}
