/**
 * Keywords that replace the library's own: its patterns can take for ever, its numbers are doubles, its properties fail
 * on names such as `constructor`, and steps under its `if` are not counted.
 */
import * as Browser from "@hyperjump/browser";
import { type Keyword, Validation, type ValidationContext } from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { Check } from "./check.ts";
import { canonicalJson, compare, type ExactNumber, isMultiple, parseDigits } from "./decimal.ts";
import { hasFormat } from "./format.ts";
import { hasType } from "./instance.ts";
import { Pattern } from "./pattern.ts";
import { anyOf, isOutOfQuestion, oneOf } from "./union.ts";

type Schema = Parameters<Keyword<unknown>["compile"]>[0];
type Ast = Parameters<Keyword<unknown>["compile"]>[1];
/** `unevaluatedProperties` has a plugin that keeps this beside an evaluation. */
type Context = ValidationContext & { evaluatedProperties?: Set<string> };

type Implementation<A> = Omit<Keyword<A>, "id">;

async function entriesOf(schema: Schema, ast: Ast): Promise<[name: string, schema: string][]> {
  const entries: [string, string][] = [];
  for await (const [name, inner] of Browser.entries(schema)) {
    entries.push([name, await Validation.compile(inner as Schema, ast, schema)]);
  }
  return entries;
}

/** Patterns with their subschemas. */
type Patterns = readonly (readonly [Pattern, schema: string])[];

const ready = new WeakMap<Ast, Map<string, Pattern>>();

/** The pattern, compiled once for all of its places in a schema. */
function patternOf(ast: Ast, source: string): Pattern {
  const patterns = ready.get(ast) ?? new Map<string, Pattern>();
  ready.set(ast, patterns);
  const pattern = patterns.get(source) ?? new Pattern(source);
  patterns.set(source, pattern);
  return pattern;
}

function matches(pattern: Pattern, text: string, { plugins }: Context): boolean {
  plugins.find((plugin) => plugin instanceof Check)?.spendOnText(text, pattern.cost);
  return pattern.test(text);
}

/** Applies to each property of an object the schemas for its name. */
function eachProperty(
  instance: Instance.JsonNode,
  context: Context,
  schemasFor: (name: string) => readonly string[],
): boolean {
  if (Instance.typeOf(instance) !== "object") return true;
  let fits = true;
  for (const [nameNode, property] of Instance.entries(instance)) {
    const name = Instance.value<string>(nameNode);
    for (const schema of schemasFor(name)) {
      if (!Validation.interpret(schema, property, context)) fits = false;
      context.evaluatedProperties?.add(name);
    }
  }
  return fits;
}

const pattern: Implementation<Pattern> = {
  compile: async (schema, ast) => patternOf(ast, Browser.value<string>(schema)),
  interpret: (pattern, instance, context) =>
    Instance.typeOf(instance) !== "string" || matches(pattern, Instance.value<string>(instance), context),
};

const properties: Implementation<Map<string, string>> = {
  compile: async (schema, ast) => new Map(await entriesOf(schema, ast)),
  interpret: (properties, instance, context) =>
    eachProperty(instance, context, (name) => {
      const schema = properties.get(name);
      return schema === undefined ? [] : [schema];
    }),
  simpleApplicator: true,
};

const patternProperties: Implementation<Patterns> = {
  compile: async (schema, ast) =>
    (await entriesOf(schema, ast)).map(([source, inner]) => [patternOf(ast, source), inner] as const),
  interpret: (patterns, instance, context) =>
    eachProperty(instance, context, (name) =>
      patterns.filter(([pattern]) => matches(pattern, name, context)).map(([, schema]) => schema),
    ),
  simpleApplicator: true,
};

interface Additional {
  names: ReadonlySet<string>;
  patterns: readonly Pattern[];
  schema: string;
}

const additionalProperties: Implementation<Additional> = {
  compile: async (schema, ast, parent) => {
    const { properties = {}, patternProperties = {} } = Browser.value<Record<string, object>>(parent);
    return {
      names: new Set(Object.keys(properties)),
      patterns: Object.keys(patternProperties).map((source) => patternOf(ast, source)),
      schema: await Validation.compile(schema, ast, parent),
    };
  },
  interpret: ({ names, patterns, schema }, instance, context) =>
    eachProperty(instance, context, (name) => {
      const known = names.has(name) || patterns.some((pattern) => matches(pattern, name, context));
      return known ? [] : [schema];
    }),
  simpleApplicator: true,
};

const format: Implementation<string> = {
  compile: async (schema) => Browser.value<string>(schema),
  interpret: (format, instance) =>
    Instance.typeOf(instance) !== "string" || hasFormat(format, Instance.value<string>(instance)),
};

/** Number of a text's Unicode characters: a surrogate pair is one. */
function charactersOf(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    if ((text.codePointAt(at) ?? 0) <= 0xffff) continue;
    pairs++;
    at++;
  }
  return text.length - pairs;
}

/** A keyword that bounds the length of texts. Texts far from the bound are not counted. */
function ofLengths(holds: (text: string, bound: number) => boolean): Implementation<number> {
  return {
    compile: async (schema) => Browser.value<number>(schema),
    interpret: (bound, instance) =>
      Instance.typeOf(instance) !== "string" || holds(Instance.value<string>(instance), bound),
  };
}

/** A number of the schema, with the text of it. */
interface Limit {
  number: ExactNumber;
  text: string;
}

/** A keyword that compares numbers with a number of the schema, by digits. */
function ofNumbers(holds: (value: ExactNumber, limit: ExactNumber) => boolean): Implementation<Limit> {
  return {
    compile: async (schema) => {
      const text = Browser.value<string>(schema);
      return { text, number: parseDigits(text) as ExactNumber };
    },
    interpret: ({ number }, instance) =>
      Instance.typeOf(instance) !== "number" || holds(Instance.value(instance), number),
  };
}

/** Values of the schema: their texts, and their canonical forms. */
interface Values {
  texts: readonly string[];
  canonical: ReadonlySet<string>;
}

const enumeration: Implementation<Values> = {
  compile: async (schema) => {
    const texts = [Browser.value<string | string[]>(schema)].flat();
    return { texts, canonical: new Set(texts.map((text) => canonicalJson(parseDigits(text)))) };
  },
  interpret: ({ canonical }, instance) => canonical.has(canonicalJson(Instance.value(instance))),
};

const uniqueItems: Implementation<boolean> = {
  compile: async (schema) => Browser.value<boolean>(schema),
  interpret: (unique, instance) => {
    if (!unique || Instance.typeOf(instance) !== "array") return true;
    const items = Instance.value<unknown[]>(instance).map(canonicalJson);
    return new Set(items).size === items.length;
  },
};

const type: Implementation<readonly string[]> = {
  compile: async (schema) => [...new Set([Browser.value<string | string[]>(schema)].flat())],
  interpret: hasType,
};

type Condition = readonly [test: string, then: string, otherwise: string];

/** `if`, `then` and `else`. */
const conditional: Implementation<Condition> = {
  compile: async (schema, ast) => {
    const schemas: string[] = [];
    for await (const inner of Browser.iter(schema)) {
      schemas.push(await Validation.compile(inner as Schema, ast, schema));
    }
    return schemas as unknown as Condition;
  },
  interpret: ([test, then, otherwise], instance, context) => {
    // A failed test is not a misfit, so it is noted in a discarded context.
    const holds =
      !isOutOfQuestion(test, instance, context) && Validation.interpret(test, instance, { ...context });
    return Validation.interpret(holds ? then : otherwise, instance, context);
  },
  simpleApplicator: true,
};

/** Keywords by their names in the outbox's dialect. */
export const keywords = {
  anyOf,
  oneOf,
  pattern,
  minLength: ofLengths((text, least) => text.length >= 2 * least || charactersOf(text) >= least),
  maxLength: ofLengths((text, most) => text.length <= most || charactersOf(text) <= most),
  properties,
  patternProperties,
  additionalProperties,
  format,
  type,
  uniqueItems,
  conditional,
  const: enumeration,
  enum: enumeration,
  multipleOf: ofNumbers(isMultiple),
  minimum: ofNumbers((value, limit) => compare(value, limit) >= 0),
  maximum: ofNumbers((value, limit) => compare(value, limit) <= 0),
  exclusiveMinimum: ofNumbers((value, limit) => compare(value, limit) > 0),
  exclusiveMaximum: ofNumbers((value, limit) => compare(value, limit) < 0),
};
