import { limits } from "../platform/limits.ts";
import { type Meter, UNMETERED } from "../platform/meter.ts";
import { type PayloadSchema, type SurveyedSchema, surveySchema } from "../schemas/payload-schema.ts";

/** Knowledge of a tenant's event types: their version, and for some of them the schema or its absence. */
export interface TypesInForce {
  /** 0: there never was an event type. */
  version: number;
  /** Entries of other versions too; `knownAs` tells the ones in force. */
  schemas: ReadonlyMap<string, KnownSchema>;
  /** The first requested event type whose schema exceeds the budget, after those before it. */
  beyond?: string | undefined;
}

interface KnownSchema {
  schema: PayloadSchema | undefined;
  bytes: number;
  /** Cost of compiling it. */
  weight: number;
  /** JSON; undefined without a schema. */
  text: string | undefined;
  /** Version of the tenant's event types at its reading. */
  version: number;
}

/** A row of an event type with a schema. */
export interface SchemaRow {
  name: string;
  schema: string;
}

/** Knowledge of a tenant that never had an event type. */
export const NEVER_ANY: TypesInForce = { version: 0, schemas: new Map() };

/**
 * An isolate's bounded, possibly outdated knowledge of tenants' event types. A commit uses it, and names its version to
 * D1, which admits only the version in force.
 */
export class KnownTypes {
  /** The tenants, and the event types of each, least recently used first. */
  readonly #tenants = new Map<string, TenantTypes>();
  #bytes = 0;
  /** True if the tenant read last never had an event type: the tenants of an app are mostly alike. */
  #expectsNone = false;

  /**
   * Knowledge of a tenant's event types. For an unknown tenant: as if it never had any, if that is likely; else
   * undefined, because reading them first is cheaper than a refused batch. `asked`: the event types about to be
   * needed.
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
   * Takes in a reading of a tenant: the version, and the schemas of the requested event types. A compiled schema with
   * an unchanged text is kept across versions, or each change of one event type would recompile all of them. Schemas
   * beyond the budget are left out. `meter`: counts the cost of compiling a schema beforehand. Defaults to no charge
   * and no wait.
   */
  async learn(
    tenantId: string,
    asked: readonly string[],
    { version, schemas: rows }: { version: number; schemas: readonly SchemaRow[] },
    meter: Meter = UNMETERED,
  ): Promise<TypesInForce> {
    const schemas = new Map<string, KnownSchema>();
    const texts = new Map(rows.map(({ name, schema }) => [name, schema]));
    const load = new Load(meter);
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

  /** Merges a reading with the present knowledge, as others may have read meanwhile. */
  #keep(tenantId: string, version: number, learnt: ReadonlyMap<string, KnownSchema>): void {
    const types = this.#tenants.get(tenantId) ?? new TenantTypes();
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, types);
    const before = types.bytes;
    types.version = version;
    for (const [name, known] of learnt) types.set(name, known);
    types.forgetBare(learnt);
    this.#bytes += types.bytes - before;
    this.#makeRoom(tenantId, learnt);
  }

  /** Evicts event types: first of tenants beyond their share, then the least recently used. Never those in use. */
  #makeRoom(served: string, asked: ReadonlyMap<string, unknown>): void {
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

/** Number of tenants that always have room in an isolate. */
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

  /** Invented names without a schema cost their inventor nothing, so beyond a limit all of them are evicted. */
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

/** Present knowledge of the requested event types. */
function pick({ schemas }: TenantTypes, asked: readonly string[]): Map<string, KnownSchema> {
  const found = asked.map((name) => [name, schemas.get(name)] as const);
  return new Map(found.filter((entry): entry is [string, KnownSchema] => entry[1] !== undefined));
}

/** A Map keeps the order of insertion. */
function moveToEnd(schemas: Map<string, KnownSchema>, name: string, known: KnownSchema): void {
  schemas.delete(name);
  schemas.set(name, known);
}

/** Knowledge of an event type at this version; that of another version may not be in force. */
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

/** Compiles the schemas that one commit needs, one after another, until the budget is used up. */
class Load {
  #weight = 0;
  readonly #meter: Meter;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** `before`: earlier knowledge of the event type. Undefined if the schema exceeds the budget. */
  async take(text: string | undefined, before: KnownSchema | undefined) {
    const same = before && before.text === text ? before : undefined;
    const surveyed = same || text === undefined ? undefined : survey(text);
    const weight = same?.weight ?? surveyed?.weight ?? 0;
    this.#weight += weight;
    if (this.#weight > limits.schemaWeightPerCommit) return undefined;
    if (same) return same;
    await this.#meter.turn(weight * limits.stepsPerWeight);
    const schema = await surveyed?.compile().catch(() => UNUSABLE);
    return { schema, text, weight, bytes: (schema?.bytes ?? 0) + limits.bareTypeBytes };
  }
}

/** Every schema was tried before it was accepted. If one fails all the same, no payload fits it. */
const UNUSABLE: PayloadSchema = {
  bytes: 0,
  misfits: (_, path) => {
    const message = "cannot be checked: the schema of its event type cannot be used; change it";
    return { fields: [{ path, message }], cutShort: true };
  },
};

function survey(text: string): SurveyedSchema {
  try {
    return surveySchema(text);
  } catch {
    return { weight: 0, compile: async () => UNUSABLE };
  }
}
