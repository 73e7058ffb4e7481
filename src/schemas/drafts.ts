/** The drafts of JSON Schema, in order. A schema that names none is read leniently: see `UNDECLARED`. */
export type Draft = 4 | 6 | 7 | 2019 | 2020 | typeof UNDECLARED;

/**
 * Without `$schema`: draft 2020-12, with compatible parts of earlier drafts and OpenAPI 3.0, such as tuples under
 * `items`, `dependencies` and `nullable`.
 */
const UNDECLARED = Number.POSITIVE_INFINITY;

const DRAFTS: Readonly<Record<string, Draft>> = {
  "json-schema.org/draft/2020-12/schema": 2020,
  "json-schema.org/draft/2019-09/schema": 2019,
  "json-schema.org/draft-07/schema": 7,
  "json-schema.org/draft-06/schema": 6,
  "json-schema.org/draft-04/schema": 4,
};
/** The base dialect of OpenAPI 3.1, also by the date of its edition. */
const OPENAPI_3_1 = /^spec\.openapis\.org\/oas\/3\.1\/dialect\/(?:base|\d{4}-\d{2}-\d{2})$/;

/** The draft that `$schema` names; undefined for an unknown one. */
export function draftOf(dialect: unknown): Draft | undefined {
  if (dialect === undefined) return UNDECLARED;
  if (typeof dialect !== "string") return undefined;
  const name = dialect.replace(/^https?:\/\//, "").replace(/#$/, "");
  if (OPENAPI_3_1.test(name)) return 2020;
  return Object.hasOwn(DRAFTS, name) ? DRAFTS[name] : undefined;
}

/** Keywords by the first draft that knows them; in earlier drafts they are ignored. */
const NEW_IN: readonly (readonly [draft: Draft, keywords: string])[] = [
  [6, "const contains propertyNames"],
  [7, "if then else"],
  [2019, "$defs $anchor $recursiveRef dependentRequired dependentSchemas minContains maxContains"],
  [2019, "unevaluatedItems unevaluatedProperties"],
  [2020, "prefixItems $dynamicRef $dynamicAnchor"],
  [UNDECLARED, "nullable"],
];
const SINCE: ReadonlyMap<string, Draft> = new Map(
  NEW_IN.flatMap(([draft, keywords]) => keywords.split(" ").map((keyword) => [keyword, draft] as const)),
);
const GONE_IN_2020 = new Set(["additionalItems", "dependencies", "$recursiveRef"]);

export function knows(draft: Draft, keyword: string): boolean {
  return (SINCE.get(keyword) ?? 0) <= draft && !(draft === 2020 && GONE_IN_2020.has(keyword));
}

/** True if `items` may be a list of schemas, one for each position. */
export const hasTuples = (draft: Draft) => draft !== 2020;
/** True if keywords beside `$ref` are ignored. */
export const refStandsAlone = (draft: Draft) => draft <= 7;
export const idKeyword = (draft: Draft) => (draft === 4 ? "id" : "$id");
