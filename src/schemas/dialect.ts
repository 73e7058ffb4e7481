/**
 * Keywords of draft 2020-12, most of them our own, as a dialect of its own name. The library keeps its keywords and dialects
 * for the whole isolate: an app that checks something with it has them as they were.
 */
import {
  addKeyword,
  defineVocabulary,
  hasDialect,
  type Keyword,
  loadDialect,
} from "@hyperjump/json-schema/experimental";
import { keywords } from "./keywords.ts";

/** The dialect that schemas are written in before the library sees them. */
export const DIALECT = "https://schema.invalid/dialect";

const STANDARD = "https://json-schema.org/keyword";
/** Keywords that the library's own do for. */
const TAKEN_OVER = [
  "allOf",
  "not",
  "propertyNames",
  "dependentSchemas",
  "dependentRequired",
  "required",
  "prefixItems",
  "items",
  "contains",
  "minContains",
  "maxContains",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "unevaluatedItems",
  "unevaluatedProperties",
];

/** Makes the dialect, if it is not there yet. */
export function ensureDialect(): void {
  if (hasDialect(DIALECT)) return;
  const idOf = (name: string) => `${DIALECT}/keyword/${name}`;
  for (const [name, keyword] of Object.entries(keywords)) {
    addKeyword({ ...(keyword as Keyword<unknown>), id: idOf(name) });
  }
  const vocabulary = {
    ...Object.fromEntries(TAKEN_OVER.map((name) => [name, `${STANDARD}/${name}`])),
    $ref: `${STANDARD}/ref`,
    $defs: `${STANDARD}/definitions`,
    ...Object.fromEntries(Object.keys(keywords).map((name) => [name, idOf(name)])),
  };
  defineVocabulary(DIALECT, vocabulary);
  loadDialect(DIALECT, { [DIALECT]: true }, false);
}
