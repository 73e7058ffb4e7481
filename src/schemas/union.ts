/**
 * `anyOf` and `oneOf`. A branch that cannot fit, by the type of the value or by a property whose value names another branch, is
 * passed over: a message of a thousand blocks of ten kinds is checked against a thousand schemas then, and not ten thousand.
 */
import * as Browser from "@hyperjump/browser";
import { type Keyword, Validation, type ValidationContext } from "@hyperjump/json-schema/experimental";
import * as Instance from "@hyperjump/json-schema/instance/experimental";
import { hasType } from "./instance.ts";
import { keywordName } from "./keyword-name.ts";

type Schema = Parameters<Keyword<unknown>["compile"]>[0];
type Ast = Parameters<Keyword<unknown>["compile"]>[1];
/** `onlyBranch`: one branch alone could fit, so its misfits are those of the value. */
export type UnionContext = ValidationContext & { onlyBranch?: boolean };
type Implementation = Omit<Keyword<readonly string[], UnionContext>, "id">;

/** Necessary for a value to fit: its type, and the texts that a property may have. */
interface Signs {
  types: readonly string[] | undefined;
  tags: readonly (readonly [property: string, texts: ReadonlySet<unknown>])[];
}

/** More tell nothing that the first have not told. */
const TAGS = 4;
const NONE: Signs = { types: undefined, tags: [] };

const known = new WeakMap<Ast, Map<string, Signs>>();

/** The signs of a schema that is ready, and of what it refers to. Looked for once. */
function signsOf(ast: Ast, url: string): Signs {
  const signs = known.get(ast) ?? new Map<string, Signs>();
  known.set(ast, signs);
  const found = signs.get(url);
  if (found !== undefined) return found;
  // A schema that refers to itself has no signs of its own by that.
  signs.set(url, NONE);
  const read = readSigns(ast, url);
  signs.set(url, read);
  return read;
}

function readSigns(ast: Ast, url: string): Signs {
  let { types, tags }: Signs = NONE;
  for (const [name, value] of keywordsOf(ast, url)) {
    if (name === "type") types = value as string[];
    if (name === "properties") tags = tagsOf(ast, value as ReadonlyMap<string, string>);
    if (name !== "ref") continue;
    const target = signsOf(ast, value as string);
    types ??= target.types;
    tags = [...tags, ...target.tags].slice(0, TAGS);
  }
  return { types, tags };
}

function tagsOf(ast: Ast, properties: ReadonlyMap<string, string>): Signs["tags"] {
  const tags: [string, ReadonlySet<unknown>][] = [];
  for (const [property, url] of properties) {
    const values = keywordsOf(ast, url).find(([name]) => name === "const" || name === "enum");
    const texts = (values?.[1] as { texts: string[] } | undefined)?.texts;
    if (texts?.every((text) => text.startsWith('"')))
      tags.push([property, new Set<unknown>(texts.map((text) => JSON.parse(text)))]);
    if (tags.length === TAGS) break;
  }
  return tags;
}

function keywordsOf(ast: Ast, url: string): (readonly [name: string, value: unknown])[] {
  const schema = ast[url];
  return Array.isArray(schema) ? schema.map(([id, , value]) => [keywordName(id), value]) : [];
}

/** The branches that a value could fit. */
function candidates(
  branches: readonly string[],
  instance: Instance.JsonNode,
  { ast }: UnionContext,
): string[] {
  const object =
    Instance.typeOf(instance) === "object" ? Instance.value<Record<string, unknown>>(instance) : {};
  return branches.filter((url) => {
    const { types, tags } = signsOf(ast, url);
    if (types && !hasType(types, instance)) return false;
    return tags.every(([property, texts]) => !Object.hasOwn(object, property) || texts.has(object[property]));
  });
}

/** `fits`: by how many of its branches a value fits. Each is looked at, as unevaluated properties are told by all that fit. */
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
      const left = candidates(branches, instance, context);
      context.onlyBranch = left.length === 1;
      return fits(left.filter((branch) => Validation.interpret(branch, instance, context)).length);
    },
  };
}

export const anyOf = union((branches) => branches > 0);
export const oneOf = union((branches) => branches === 1);
