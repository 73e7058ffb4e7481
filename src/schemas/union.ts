/**
 * `anyOf` and `oneOf`. A branch that cannot fit, by the value's type or by a property whose value names another branch,
 * is skipped: a message of a thousand blocks of ten kinds is then checked against a thousand schemas instead of ten
 * thousand.
 */
import * as Browser from "@hyperjump/browser";
import { type Keyword, Validation, type ValidationContext } from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { canonicalJson, Digits, parseDigits } from "./decimal.ts";
import { hasType } from "./instance.ts";
import { keywordName } from "./keyword-name.ts";

type Schema = Parameters<Keyword<unknown>["compile"]>[0];
type Ast = Parameters<Keyword<unknown>["compile"]>[1];
/** `onlyBranch`: only one branch could fit, so its misfits are the value's. */
export type UnionContext = ValidationContext & { onlyBranch?: boolean };
type Implementation = Omit<Keyword<readonly string[], UnionContext>, "id">;

/** Necessary conditions of a fit: the types of the value, and the values of its properties, as canonical JSON. */
interface Signs {
  types: readonly string[] | undefined;
  tags: readonly (readonly [property: string, values: ReadonlySet<string>])[];
}

/** Further signs rarely tell more than the first. */
const TAGS = 4;
const NONE: Signs = { types: undefined, tags: [] };

const known = new WeakMap<Ast, Map<string, Signs>>();

/** Signs of a compiled schema and of the schemas it refers to, computed once. */
function signsOf(ast: Ast, url: string): Signs {
  const signs = known.get(ast) ?? new Map<string, Signs>();
  known.set(ast, signs);
  const found = signs.get(url);
  if (found !== undefined) return found;
  // A reference to itself adds no signs.
  signs.set(url, NONE);
  const read = readSigns(ast, url);
  signs.set(url, read);
  return read;
}

function readSigns(ast: Ast, url: string): Signs {
  let { types, tags }: Signs = NONE;
  for (const [name, value] of keywordsOf(ast, url)) {
    if (name === "type") types = value as string[];
    if (name === "properties") tags = [...tags, ...tagsOf(ast, value as ReadonlyMap<string, string>)];
    const others =
      name === "ref" ? [value as string] : name === "allOf" ? (value as string[]).slice(0, TAGS) : [];
    for (const other of others) {
      const signs = signsOf(ast, other);
      types ??= signs.types;
      tags = [...tags, ...signs.tags];
    }
  }
  return { types, tags: tags.slice(0, TAGS) };
}

function tagsOf(ast: Ast, properties: ReadonlyMap<string, string>): Signs["tags"] {
  const tags: [string, ReadonlySet<string>][] = [];
  for (const [property, url] of properties) {
    const texts = textsOf(ast, url, TAGS);
    if (texts?.every((text) => !/^[{[]/.test(text)))
      tags.push([property, new Set(texts.map((text) => canonicalJson(parseDigits(text))))]);
    if (tags.length === TAGS) break;
  }
  return tags;
}

/** The values of `const` or `enum`, through a bounded number of references. */
function textsOf(ast: Ast, url: string, references: number): readonly string[] | undefined {
  for (const [name, value] of keywordsOf(ast, url)) {
    if (name === "const" || name === "enum") return (value as { texts: string[] }).texts;
    if (name === "ref" && references > 0) return textsOf(ast, value as string, references - 1);
  }
  return undefined;
}

function keywordsOf(ast: Ast, url: string): (readonly [name: string, value: unknown])[] {
  const schema = ast[url];
  return Array.isArray(schema) ? schema.map(([id, , value]) => [keywordName(id), value]) : [];
}

/** Finds the schemas that a value could fit. */
function glanceAt(instance: Instance.JsonNode, { ast }: ValidationContext): (url: string) => boolean {
  const object =
    Instance.typeOf(instance) === "object" ? Instance.value<Record<string, unknown>>(instance) : {};
  const seen = new Map<string, string>();
  const jsonOf = (property: string) => {
    const known = seen.get(property) ?? scalarJson(object[property]);
    seen.set(property, known);
    return known;
  };
  return (url) => {
    const { types, tags } = signsOf(ast, url);
    if (types && !hasType(types, instance)) return false;
    return tags.every(
      ([property, values]) => !Object.hasOwn(object, property) || values.has(jsonOf(property)),
    );
  };
}

/** Canonical JSON of a scalar; only the kind of a list or an object. */
function scalarJson(value: unknown): string {
  const isScalar = typeof value !== "object" || value === null || value instanceof Digits;
  return isScalar ? canonicalJson(value) : "{";
}

/** True if a value cannot fit a schema, which need not be applied. */
export function isOutOfQuestion(
  url: string,
  instance: Instance.JsonNode,
  context: ValidationContext,
): boolean {
  return !glanceAt(instance, context)(url);
}

/**
 * `fits`: accepts the number of fitting branches. Every branch is applied, because unevaluated properties depend on all
 * that fit.
 */
function union(fits: (branches: number) => boolean): Implementation {
  return {
    compile: async (schema, ast) => {
      const branches: string[] = [];
      for await (const branch of Browser.iter(schema)) {
        branches.push(await Validation.compile(branch as Schema, ast, schema));
      }
      return branches;
    },
    interpret: (branches, instance, context) => {
      const left = branches.filter(glanceAt(instance, context));
      context.onlyBranch = left.length === 1;
      return fits(left.filter((branch) => Validation.interpret(branch, instance, context)).length);
    },
  };
}

export const anyOf = union((branches) => branches > 0);
export const oneOf = union((branches) => branches === 1);
