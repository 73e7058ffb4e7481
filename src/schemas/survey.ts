import { joinPath } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { type Draft, draftOf, hasTuples, idKeyword, knows, refStandsAlone } from "./drafts.ts";
import { checkPattern } from "./pattern.ts";
import { isObject, partsOf, type Shape, shapeOf } from "./shapes.ts";
import { Untranslatable } from "./translate-pattern.ts";

export type Steps = readonly (string | number)[];

/** A schema within a schema. */
interface Place {
  value: unknown;
  /** Its path from the root. */
  steps: Steps;
  /** Base URI of its references. */
  base: string;
}

interface Reference {
  from: Place;
  keyword: string;
  target: string;
}

const BASE = "https://schema.invalid/";
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/** Thrown once enough errors are found. */
class Enough extends Error {}

/**
 * A walk through the subschemas of a schema; `const`, `default` and unknown keywords hold data. Finds errors, and the
 * target of each reference. The bounds of schemas bound its work.
 */
export class Survey {
  readonly draft: Draft;
  readonly root: Place;
  /** Reasons for which the schema is refused; none for a good one. */
  readonly errors: FieldError[] = [];
  /** Targets of references, by their keys, in order. */
  readonly targets = new Map<string, Place>();
  /** Targets of references, by `keyOf(steps of the reference)`. */
  readonly meanings = new Map<string, string>();
  /** Its patterns. Equal ones are compiled once. */
  get patterns(): number {
    return this.#patterns.size;
  }
  /** Cost of compiling it, without its text. */
  get weight(): number {
    const patterns = this.patterns * limits.weightPerPattern;
    return this.#seen.size + patterns + this.#patternSize / limits.instructionsPerWeight;
  }
  readonly #path: string;
  readonly #seen = new Set<string>();
  readonly #named = new Map<string, Place>();
  readonly #dynamic = new Map<string, number>();
  readonly #references: Reference[] = [];
  readonly #patterns = new Set<string>();
  #patternSize = 0;
  #ways = 0;

  /** `path`: path of the schema in the input. */
  constructor(schema: unknown, path = "schema") {
    this.#path = path;
    this.root = { value: schema, steps: [], base: BASE };
    const dialect = isObject(schema) ? schema["$schema"] : undefined;
    const draft = draftOf(dialect);
    this.draft = draft ?? 2020;
    try {
      if (draft === undefined) this.#refuse(["$schema"], DIALECT_REMEDY);
      this.#named.set(BASE, this.root);
      this.#visit(this.root);
      for (const reference of this.#references) this.#resolve(reference);
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
    }
  }

  #refuse(steps: Steps, message: string): void {
    this.errors.push({ path: joinPath(this.#path, steps).slice(0, limits.pathLength), message });
    if (this.errors.length >= limits.misfits) throw new Enough();
  }

  /** @throws {Enough} */
  #stop(steps: Steps, message: string): never {
    this.#refuse(steps, message);
    throw new Enough();
  }

  #visit({ value, steps, base: outer }: Place): void {
    const key = keyOf(steps);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#ways += key.length;
    if (this.#ways > limits.schemaWays)
      this.#stop([], "has names that are too long for how deep it is nested; use shorter ones, or $ref");
    if (this.#seen.size > limits.subschemas) {
      this.#stop([], `has more than ${limits.subschemas} schemas in it, which is the limit`);
    }
    if (steps.length > limits.schemaDepth)
      this.#stop(steps, `is nested deeper than ${limits.schemaDepth} levels`);
    if (typeof value === "boolean") return;
    if (!isObject(value)) {
      this.#refuse(steps, "must be a JSON Schema: an object, or true or false");
      return;
    }
    const alone = refStandsAlone(this.draft) && typeof value["$ref"] === "string";
    const base = alone ? outer : this.#identify(value, steps, outer);
    const place = { value, steps, base };
    for (const [keyword, inner] of Object.entries(value)) {
      const shape = !alone || keyword === "$ref" ? shapeOf(keyword) : undefined;
      if (shape && knows(this.draft, keyword)) this.#keyword(place, keyword, shape, inner);
    }
  }

  #keyword(place: Place, keyword: string, shape: Shape, value: unknown): void {
    const steps = [...place.steps, keyword];
    const parts = partsOf(shape, value, hasTuples(this.draft));
    if (typeof parts === "string") {
      this.#refuse(steps, parts);
      return;
    }
    if (REFERENCES.includes(keyword)) {
      this.#references.push({ from: place, keyword, target: String(value) });
    }
    if (keyword === "pattern") this.#pattern(String(value), steps);
    if (keyword === "patternProperties") {
      for (const [[source]] of parts) this.#pattern(String(source), [...steps, String(source)]);
    }
    for (const [inner, part] of parts)
      this.#visit({ value: part, steps: [...steps, ...inner], base: place.base });
  }

  #pattern(source: string, steps: Steps): void {
    if (this.#patterns.has(source)) return;
    this.#patterns.add(source);
    if (this.patterns > limits.patternsPerSchema) {
      this.#stop([], `has more than ${limits.patternsPerSchema} different patterns, which is the limit`);
    }
    try {
      this.#patternSize += checkPattern(source);
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      this.#refuse(steps, `as a pattern ${error.message}`);
    }
    if (this.#patternSize > limits.patternsSize) {
      this.#stop([], "has patterns that are too large together; use minLength and maxLength for lengths");
    }
  }

  /** Base URI of the references below. Notes the names that the schema gives itself. */
  #identify(value: Record<string, unknown>, steps: Steps, outer: string): string {
    const isOther =
      steps.length > 0 && value["$schema"] !== undefined && draftOf(value["$schema"]) !== this.draft;
    if (isOther) this.#refuse([...steps, "$schema"], "must be the one at the root, or be left out");
    if ("$vocabulary" in value)
      this.#refuse([...steps, "$vocabulary"], "is not taken: it is for schemas of schemas");
    const base = this.#baseOf({ value, steps, base: outer }, value[idKeyword(this.draft)]);
    for (const anchor of ["$anchor", "$dynamicAnchor"]) {
      const name = value[anchor];
      if (typeof name !== "string" || !knows(this.draft, anchor)) continue;
      this.#name(`${base}#${name}`, { value, steps, base }, [...steps, anchor]);
      if (anchor === "$dynamicAnchor") this.#dynamic.set(name, (this.#dynamic.get(name) ?? 0) + 1);
    }
    if (value["$recursiveAnchor"] === true) this.#dynamic.set("", (this.#dynamic.get("") ?? 0) + 1);
    return base;
  }

  #baseOf(here: Place, id: unknown): string {
    if (id === undefined) return here.base;
    const steps = [...here.steps, idKeyword(this.draft)];
    if (typeof id === "string" && refStandsAlone(this.draft) && id.startsWith("#")) {
      this.#name(`${here.base}${id}`, here, steps);
      return here.base;
    }
    const base = typeof id === "string" ? withoutFragment(resolved(id, here.base)) : "";
    if (base === "") this.#refuse(steps, "must be a URI, or relative to one");
    else this.#name(base, { ...here, base }, steps);
    return base || here.base;
  }

  #name(uri: string, place: Place, steps: Steps): void {
    const named = this.#named.get(uri);
    if (named && keyOf(named.steps) !== keyOf(place.steps))
      this.#refuse(steps, "is the name of another schema here");
    this.#named.set(uri, place);
  }

  #resolve({ from, keyword, target }: Reference): void {
    const steps = [...from.steps, keyword];
    const uri = resolved(target, from.base);
    const [document = "", fragment = ""] = uri.split("#", 2);
    const resource = this.#named.get(document);
    if (!resource) {
      this.#refuse(steps, 'must point into this schema, as "#/$defs/address"');
      return;
    }
    const name = decoded(fragment);
    const isPointer = name === "" || name?.startsWith("/");
    const place = isPointer ? follow(resource, name ?? "") : this.#named.get(`${document}#${name}`);
    if (!place) {
      this.#refuse(steps, "points to nothing in this schema");
      return;
    }
    const dynamicName = keyword === "$recursiveRef" ? "" : name;
    const isDynamic = keyword !== "$ref" && (keyword === "$recursiveRef" || !isPointer);
    if (isDynamic && (this.#dynamic.get(dynamicName ?? "") ?? 0) > 1) {
      this.#refuse(steps, "is not taken where several schemas have its anchor; use $ref");
      return;
    }
    this.#visit(place);
    this.targets.set(keyOf(place.steps), place);
    this.meanings.set(keyOf(steps), keyOf(place.steps));
  }
}

const DIALECT_REMEDY =
  'must be "https://json-schema.org/draft/2020-12/schema", or draft 2019-09, 07, 06 or 04, or be left out';

export function keyOf(steps: Steps): string {
  return JSON.stringify(steps);
}

/** The absolute URI of a reference; empty for an invalid one. */
function resolved(reference: string, base: string): string {
  if (reference === "") return base;
  return URL.canParse(reference, base) ? new URL(reference, base).href : "";
}

function withoutFragment(uri: string): string {
  return uri.split("#", 1)[0] ?? "";
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}

/** The schema at a JSON pointer (RFC 6901); undefined if there is none. */
function follow({ value, steps, base }: Place, pointer: string): Place | undefined {
  let at = value;
  const way = [...steps];
  for (const token of pointer.split("/").slice(1)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!(isObject(at) || Array.isArray(at)) || !Object.hasOwn(at, name)) return undefined;
    way.push(Array.isArray(at) ? Number(name) : name);
    at = (at as Record<string, unknown>)[name];
  }
  return isObject(at) || typeof at === "boolean" ? { value: at, steps: way, base } : undefined;
}
