/**
 * Keywords of draft 2020-12, most of them the outbox's own, under a dialect name of their own. The library's keywords
 * and dialects are global to the isolate, and must stay unchanged for apps that use it.
 */
import {
  addKeyword,
  defineVocabulary,
  hasDialect,
  type Keyword,
  loadDialect,
} from "@hyperjump/json-schema/experimental";
import { keywords } from "./keywords.ts";

/** The dialect into which schemas are rewritten for the library. */
export const DIALECT = "https://schema.invalid/dialect";

const STANDARD = "https://json-schema.org/keyword";
/** Keywords for which the library's own implementation is kept. */
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

/** Makes the dialect, if it does not exist yet. */
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
