/**
 * Draft 2020-12 with keywords of our own, under a name of its own. The library keeps its keywords and dialects for the
 * whole isolate: an app that checks something with it has them as they were.
 */
import { hasSchema, registerSchema } from "@hyperjump/json-schema/draft-2020-12";
import {
  addKeyword,
  defineVocabulary,
  getSchema,
  type Keyword,
  loadDialect,
  toSchema,
} from "@hyperjump/json-schema/experimental";
import { keywords } from "./keywords.ts";

const STANDARD = "https://json-schema.org/draft/2020-12";
const OURS = "https://schema.invalid/draft/2020-12";
const VOCABULARIES = [
  "core",
  "applicator",
  "validation",
  "meta-data",
  "format-annotation",
  "content",
  "unevaluated",
];
const OUR_VOCABULARY = `${OURS}/vocab/edge-outbox`;

/** The dialect that a schema may name. */
export const DIALECT = `${STANDARD}/schema`;

const OUR_DIALECT = `${OURS}/schema`;

/** The name of the dialect to check by, which is made if it is not there yet. */
export async function ensureDialect(): Promise<string> {
  if (hasSchema(OUR_DIALECT)) return OUR_DIALECT;
  const standards = [DIALECT, ...VOCABULARIES.map((name) => `${STANDARD}/meta/${name}`)];
  const metaSchemas = await Promise.all(standards.map(async (uri) => toSchema(await getSchema(uri))));
  // Whoever came in meanwhile has made all of it: nothing below awaits.
  if (hasSchema(OUR_DIALECT)) return OUR_DIALECT;
  defineKeywords();
  for (const metaSchema of metaSchemas) {
    const $id = (metaSchema as { $id: string }).$id.replace(STANDARD, OURS);
    registerSchema({ ...metaSchema, $id, $schema: OUR_DIALECT });
  }
  return OUR_DIALECT;
}

function defineKeywords(): void {
  const idOf = (name: string) => `${OURS}/keyword/${name}`;
  for (const [name, keyword] of Object.entries(keywords)) {
    addKeyword({ ...(keyword as Keyword<unknown>), id: idOf(name) });
  }
  defineVocabulary(
    OUR_VOCABULARY,
    Object.fromEntries(Object.keys(keywords).map((name) => [name, idOf(name)])),
  );
  // The last one that has a keyword counts.
  const vocabularies = [...VOCABULARIES.map((name) => `${STANDARD}/vocab/${name}`), OUR_VOCABULARY];
  loadDialect(OUR_DIALECT, Object.fromEntries(vocabularies.map((uri) => [uri, true])), true);
}
