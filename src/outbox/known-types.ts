import { limits } from "../platform/limits.ts";
import { type PayloadSchema, type SurveyedSchema, surveySchema } from "../schemas/payload-schema.ts";

/** Of a tenant's event types: their version, and of some of them the schema, or that there is none. */
export interface TypesInForce {
  /** 0: there never was an event type. */
  version: number;
  /** Of other versions too: `knownAs` tells what is in force. */
  schemas: ReadonlyMap<string, KnownSchema>;
  /** The first of the event types asked for whose schema is too much to check by, after those before it. */
  beyond?: string | undefined;
}

/** The same as it was just read. `made`: the weight of what was made ready for it. */
export type TypesLearnt = TypesInForce & { made: number };

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

/** A row of an event type that has a schema. */
export interface SchemaRow {
  name: string;
  schema: string;
}

/** Of a tenant that never had an event type. */
export const NEVER_ANY: TypesInForce = { version: 0, schemas: new Map() };

/**
 * What an isolate knows of tenants' event types: as of some time ago, and only so much of it. A commit goes by it, and names
 * the version to D1, which admits it only if that is the one in force.
 */
export class KnownTypes {
  /** The tenants, and the event types of each, least recently asked for first. */
  readonly #tenants = new Map<string, { version: number; schemas: Map<string, KnownSchema> }>();
  #bytes = 0;
  /** Whether the tenant that was read last never had an event type: those of an app are mostly alike. */
  #expectsNone = false;
  readonly #giveTurn: () => Promise<void>;

  /** `giveTurn`: lets others have theirs, before much has been made ready at a time. Default: nobody waits. */
  constructor(giveTurn: () => Promise<void> = async () => {}) {
    this.#giveTurn = giveTurn;
  }

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
    return { ...types, beyond: beyondLimit(types, asked) };
  }

  /**
   * Takes in what was read of a tenant: the version, and which of the event types asked for have which schema. What was made
   * ready before stays, whatever version it was of, as long as the text is the same: else each change of one event type would
   * have all of them made ready again. Those that are too much together are left out.
   */
  async learn(
    tenantId: string,
    version: number,
    asked: readonly string[],
    rows: readonly SchemaRow[],
  ): Promise<TypesLearnt> {
    const schemas = new Map(this.#tenants.get(tenantId)?.schemas);
    const texts = new Map(rows.map(({ name, schema }) => [name, schema]));
    const load = new Load(this.#giveTurn);
    let beyond: string | undefined;
    for (const name of asked) {
      const before = schemas.get(name);
      const text = before?.version === version ? before.text : texts.get(name);
      const known = await load.take(text, before);
      if (!known) {
        beyond = name;
        break;
      }
      moveToEnd(schemas, name, { ...known, version });
    }
    const types = { version, schemas };
    this.#expectsNone = version === 0;
    this.#forget(tenantId);
    this.#tenants.set(tenantId, types);
    this.#bytes += bytesOf(types);
    this.#makeRoom(tenantId, new Set(asked));
    return { ...(this.#tenants.get(tenantId) ?? types), beyond, made: load.made };
  }

  /** Lets go of event types, those asked for least recently first, and never of those that are being served. */
  #makeRoom(served: string, asked: ReadonlySet<string>): void {
    for (const [tenantId, types] of this.#tenants) {
      const { version, schemas } = types;
      const kept = new Map(schemas);
      for (const [name, { bytes }] of schemas) {
        if (this.#bytes <= limits.schemasKeptBytes) break;
        if (tenantId === served && asked.has(name)) continue;
        kept.delete(name);
        this.#bytes -= bytes;
      }
      this.#tenants.set(tenantId, { version, schemas: kept });
      if (kept.size === 0 && tenantId !== served) this.#forget(tenantId);
      if (this.#bytes <= limits.schemasKeptBytes) return;
    }
  }

  #forget(tenantId: string): void {
    const types = this.#tenants.get(tenantId);
    if (!types) return;
    this.#tenants.delete(tenantId);
    this.#bytes -= bytesOf(types);
  }
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
  /** The weight of what was not ready before. */
  made = 0;
  #weight = 0;
  #sinceTurn = 0;
  readonly #giveTurn: () => Promise<void>;

  constructor(giveTurn: () => Promise<void>) {
    this.#giveTurn = giveTurn;
  }

  /** `before`: the same event type as it was known before. Undefined: it is too much. */
  async take(text: string | undefined, before: KnownSchema | undefined) {
    const same = before && before.text === text ? before : undefined;
    const surveyed = same || text === undefined ? undefined : survey(text);
    const weight = same?.weight ?? surveyed?.weight ?? 0;
    this.#weight += weight;
    if (this.#weight > limits.schemaWeightPerCommit) return undefined;
    if (same) return same;
    this.made += weight;
    this.#sinceTurn += weight;
    if (this.#sinceTurn > limits.weightPerTurn) {
      this.#sinceTurn = 0;
      await this.#giveTurn();
    }
    const schema = await surveyed?.compile().catch(() => UNUSABLE);
    return { schema, text, weight, bytes: (schema?.bytes ?? 0) + limits.bareTypeBytes };
  }
}

/** A schema was tried before it was taken. Should one be of no use all the same, nothing fits it. */
const UNUSABLE: PayloadSchema = {
  bytes: 0,
  misfits: (_, path) => {
    const message = "cannot be checked: the schema of its event type cannot be used; change it";
    return { fields: [{ path, message }], gaveUp: true };
  },
};

function survey(text: string): SurveyedSchema {
  try {
    return surveySchema(text);
  } catch {
    return { weight: 0, compile: async () => UNUSABLE };
  }
}

function bytesOf({ schemas }: TypesInForce): number {
  return [...schemas.values()].reduce<number>((sum, { bytes }) => sum + bytes, limits.bareTypeBytes);
}
