import { limits } from "../platform/limits.ts";
import { type Meter, UNMETERED } from "../platform/meter.ts";
import { unusable } from "../schemas/no-schemas.ts";
import type { PayloadSchema, SurveyedSchema } from "../schemas/payload-schema.ts";
import type { PayloadSchemas } from "../schemas/payload-schemas.ts";
import type { SchemaRow } from "./rows.ts";

/** Version of a tenant's event types, and the schemas of some of them. */
export interface TypesInForce {
  /** 0 if the tenant never had an event type. */
  version: number;
  /** Includes schemas of other versions: `knownAs` answers only those in force. */
  schemas: ReadonlyMap<string, KnownSchema>;
  /** First requested event type whose schema exceeds the limit of a commit, counted with the schemas before it. */
  beyond?: string | undefined;
}

interface KnownSchema {
  schema: PayloadSchema | undefined;
  bytes: number;
  /** Cost of compiling it. */
  weight: number;
  /** JSON of the schema; undefined if there is none. */
  text: string | undefined;
  /** Version of the tenant's event types at which it was read. */
  version: number;
}

/** Event types of a tenant that never had one. */
export const NEVER_ANY: TypesInForce = { version: 0, schemas: new Map() };

/**
 * An isolate's bounded cache of tenants' event types. It may be outdated: a commit that relies on it names the version to
 * D1, which admits only the version in force.
 */
export class KnownTypes {
  /** Tenants and their event types, least recently used first. */
  readonly #tenants = new Map<string, TenantTypes>();
  #bytes = 0;
  /** True if the tenant read last never had an event type. Tenants of an app are mostly alike. */
  #expectsNone = false;
  readonly #payloadSchemas: PayloadSchemas;

  constructor(payloadSchemas: PayloadSchemas) {
    this.#payloadSchemas = payloadSchemas;
  }

  /**
   * Answers a tenant's known event types. An unknown tenant counts as one that never had an event type, if that is likely;
   * otherwise the answer is undefined, and a read of them costs less than a refused batch. `asked`: event types that the
   * commit needs.
   */
  of(tenantId: string, asked: readonly string[]): TypesInForce | undefined {
    const types = this.#tenants.get(tenantId);
    if (!types) return this.#expectsNone ? NEVER_ANY : undefined;
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, types);
    for (const name of asked) {
      const known = types.schemas.get(name);
      if (known) moveToEnd(types.schemas, name, known);
    }
    const schemas = pick(types, asked);
    return { version: types.version, schemas, beyond: beyondLimit({ ...types, schemas }, asked) };
  }

  /**
   * Stores a version of a tenant's event types, and the schemas of those requested. A compiled schema is kept while its text
   * is unchanged, whatever its version: otherwise a change of one event type would compile all of them anew. Schemas beyond
   * the limit of a commit are left out.
   * `meter`: is charged the cost of a schema before it is compiled. Defaults to a meter that charges nobody.
   */
  async learn(
    tenantId: string,
    asked: readonly string[],
    { version, schemas: rows }: { version: number; schemas: readonly SchemaRow[] },
    meter: Meter = UNMETERED,
  ): Promise<TypesInForce> {
    const schemas = new Map<string, KnownSchema>();
    const texts = new Map(rows.map(({ name, schema }) => [name, schema]));
    const load = new Load(this.#payloadSchemas, meter);
    let beyond: string | undefined;
    for (const name of asked) {
      const before = this.#tenants.get(tenantId)?.schemas.get(name);
      const text = before?.version === version ? before.text : texts.get(name);
      const known = await load.take(text, before);
      if (!known) {
        beyond = name;
        break;
      }
      schemas.set(name, { ...known, version });
    }
    this.#expectsNone = version === 0;
    this.#keep(tenantId, version, schemas);
    return { version, schemas, beyond };
  }

  /** Adds schemas to those known by now, because other requests may have stored some meanwhile. */
  #keep(tenantId: string, version: number, learnt: ReadonlyMap<string, KnownSchema>): void {
    const types = this.#tenants.get(tenantId) ?? new TenantTypes();
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, types);
    const before = types.bytes;
    types.version = version;
    for (const [name, known] of learnt) types.set(name, known);
    types.forgetBare(learnt);
    this.#bytes += types.bytes - before;
    this.#freeCapacity(tenantId, learnt);
  }

  /**
   * Forgets event types: first of tenants that exceed their share, then of tenants used least recently. The event types of
   * the current request stay.
   */
  #freeCapacity(served: string, asked: ReadonlyMap<string, unknown>): void {
    if (this.#bytes <= limits.schemasKeptBytes) return;
    const share = limits.schemasKeptBytes / TENANTS_AT_LEAST;
    const greedy = [...this.#tenants].filter(([, { bytes }]) => bytes > share);
    for (const [tenantId, types] of [...greedy, ...this.#tenants]) {
      const excess = this.#bytes - limits.schemasKeptBytes;
      if (excess <= 0) return;
      const before = types.bytes;
      types.shrinkBy(excess, tenantId === served ? asked : NOTHING);
      this.#bytes += types.bytes - before;
      if (types.schemas.size === 0 && tenantId !== served) this.#forget(tenantId, types);
    }
  }

  #forget(tenantId: string, types: TenantTypes): void {
    if (this.#tenants.delete(tenantId)) this.#bytes -= types.bytes;
  }
}

/** Number of tenants that always have capacity in an isolate, whatever others request. */
const TENANTS_AT_LEAST = 4;
const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** Event types of one tenant, least recently used first. */
class TenantTypes {
  version = 0;
  readonly schemas = new Map<string, KnownSchema>();
  bytes: number = limits.bareTypeBytes;
  #bare = 0;

  set(name: string, known: KnownSchema): void {
    this.delete(name);
    this.schemas.set(name, known);
    this.bytes += known.bytes;
    if (known.text === undefined) this.#bare++;
  }

  delete(name: string): void {
    const known = this.schemas.get(name);
    if (!known) return;
    this.schemas.delete(name);
    this.bytes -= known.bytes;
    if (known.text === undefined) this.#bare--;
  }

  /** Forgets all names without a schema beyond a number of them, because callers can invent such names for nothing. */
  forgetBare(asked: ReadonlyMap<string, unknown>): void {
    if (this.#bare <= limits.bareTypesKept) return;
    for (const [name, { text }] of this.schemas)
      if (text === undefined && !asked.has(name)) this.delete(name);
  }

  shrinkBy(bytes: number, asked: ReadonlyMap<string, unknown>): void {
    const enough = this.bytes - bytes;
    for (const name of this.schemas.keys()) {
      if (this.bytes <= enough) return;
      if (!asked.has(name)) this.delete(name);
    }
  }
}

/** Copies the requested event types, so that later changes do not show. */
function pick({ schemas }: TenantTypes, asked: readonly string[]): Map<string, KnownSchema> {
  const found = asked.map((name) => [name, schemas.get(name)] as const);
  return new Map(found.filter((entry): entry is [string, KnownSchema] => entry[1] !== undefined));
}

/** Marks an entry as used last: a Map keeps the order of insertion. */
function moveToEnd(schemas: Map<string, KnownSchema>, name: string, known: KnownSchema): void {
  schemas.delete(name);
  schemas.set(name, known);
}

/** Answers a schema of the version in force. One of another version may be outdated. */
export function knownAs({ version, schemas }: TypesInForce, name: string): KnownSchema | undefined {
  const known = schemas.get(name);
  return known?.version === version ? known : undefined;
}

function beyondLimit(types: TypesInForce, asked: readonly string[]): string | undefined {
  let weight = 0;
  return asked.find((name) => {
    weight += knownAs(types, name)?.weight ?? 0;
    return weight > limits.schemaWeightPerCommit;
  });
}

/** Compiles the schemas of one commit, one after another, up to their limit. */
class Load {
  #weight = 0;
  readonly #payloadSchemas: PayloadSchemas;
  readonly #meter: Meter;

  constructor(payloadSchemas: PayloadSchemas, meter: Meter) {
    this.#payloadSchemas = payloadSchemas;
    this.#meter = meter;
  }

  /** Answers undefined beyond the limit. `before`: the event type as it was known, whose schema is kept if its text is unchanged. */
  async take(text: string | undefined, before: KnownSchema | undefined) {
    const same = before && before.text === text ? before : undefined;
    const surveyed = same || text === undefined ? undefined : await this.#survey(text);
    const weight = same?.weight ?? surveyed?.weight ?? 0;
    this.#weight += weight;
    if (this.#weight > limits.schemaWeightPerCommit) return undefined;
    if (same) return same;
    await this.#meter.turn(weight * limits.stepsPerWeight);
    const schema = await surveyed?.compile().catch(() => UNUSABLE);
    return { schema, text, weight, bytes: (schema?.bytes ?? 0) + limits.bareTypeBytes };
  }

  async #survey(text: string): Promise<SurveyedSchema> {
    try {
      return await this.#payloadSchemas.survey(text);
    } catch {
      return { weight: 0, compile: async () => UNUSABLE };
    }
  }
}

/** Stands in for a schema that does not compile, though it did when it was stored. */
const UNUSABLE = unusable("cannot be checked: the schema of its event type cannot be used; change it");
