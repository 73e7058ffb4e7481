import { limits } from "../platform/limits.ts";
import { type Meter, UNMETERED } from "../platform/meter.ts";
import { type PayloadSchema, type SurveyedSchema, surveySchema } from "../schemas/payload-schema.ts";
import type { SchemaRow } from "./rows.ts";

/** Of a tenant's event types: their version, and of some of them the schema, or that there is none. */
export interface TypesInForce {
  /** 0: there never was an event type. */
  version: number;
  /** Of other versions too: `knownAs` tells what is in force. */
  schemas: ReadonlyMap<string, KnownSchema>;
  /** The first of the event types asked for whose schema is too much to check by, after those before it. */
  beyond?: string | undefined;
}

interface KnownSchema {
  schema: PayloadSchema | undefined;
  bytes: number;
  /** What making it ready has cost. */
  weight: number;
  /** JSON; undefined: there is none. */
  text: string | undefined;
  /** The version of the tenant's event types at which it was read. */
  version: number;
}

/** Of a tenant that never had an event type. */
export const NEVER_ANY: TypesInForce = { version: 0, schemas: new Map() };

/**
 * What an isolate knows of tenants' event types: as of some time ago, and only so much of it. A commit goes by it, and names
 * the version to D1, which admits it only if that is the one in force.
 */
export class KnownTypes {
  /** The tenants, and the event types of each, least recently asked for first. */
  readonly #tenants = new Map<string, TenantTypes>();
  #bytes = 0;
  /** Whether the tenant that was read last never had an event type: those of an app are mostly alike. */
  #expectsNone = false;

  /**
   * What is known of a tenant's event types. Of one that is not known: as if it never had any, where that is to be expected;
   * else undefined, and they are better read first than found out about by a batch that is refused. `asked`: the event types
   * that are about to be needed.
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
   * Takes in what was read of a tenant: the version, and which of the event types asked for have which schema. What was made
   * ready before stays, whatever version it was of, as long as the text is the same: else each change of one event type would
   * have all of them made ready again. Those that are too much together are left out.
   * `meter`: is told of what making a schema ready takes, before that. Default: nobody is charged, nor waits.
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

  /** Adds what was learnt to what is known by now, as others may have learnt meanwhile. */
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

  /**
   * Lets go of event types: of tenants that have more than their share first, then of those asked for least recently. Never of
   * those that are being served.
   */
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

/** So many tenants at least have room in an isolate, whatever the others ask for. */
const TENANTS_AT_LEAST = 4;
const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** Event types of one tenant, those asked for least recently first. */
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

  /** Names without a schema cost whoever invents them nothing: beyond so many, all of them are let go of. */
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

/** What is known of the event types asked for, as it is now. */
function pick({ schemas }: TenantTypes, asked: readonly string[]): Map<string, KnownSchema> {
  const found = asked.map((name) => [name, schemas.get(name)] as const);
  return new Map(found.filter((entry): entry is [string, KnownSchema] => entry[1] !== undefined));
}

/** A Map keeps the order in which its entries came. */
function moveToEnd(schemas: Map<string, KnownSchema>, name: string, known: KnownSchema): void {
  schemas.delete(name);
  schemas.set(name, known);
}

/** What is known of an event type: what was known at another version may not be in force. */
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

/** The schemas that one commit needs: they are made ready one after another, until they are too much. */
class Load {
  #weight = 0;
  readonly #meter: Meter;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** `before`: the same event type as it was known before. Undefined: it is too much. */
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

/** A schema was tried before it was taken. Should one be of no use all the same, nothing fits it. */
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
