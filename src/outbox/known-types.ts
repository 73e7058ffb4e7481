import { limits } from "../platform/limits.ts";
import { compileSchema, type PayloadSchema } from "../schemas/payload-schema.ts";

/** Of a tenant's event types: their version, and of some of them the schema, or that there is none. */
export interface TypesInForce {
  /** 0: there never was an event type. */
  version: number;
  schemas: ReadonlyMap<string, KnownSchema>;
}

interface KnownSchema {
  schema: PayloadSchema | undefined;
  bytes: number;
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
    return types;
  }

  /**
   * Takes in what was read of a tenant: the version, and which of the event types asked for have which schema. These are kept
   * however much they are: else the same commit would make them ready again each time.
   */
  async learn(
    tenantId: string,
    version: number,
    asked: readonly string[],
    rows: readonly SchemaRow[],
  ): Promise<TypesInForce> {
    const before = this.#tenants.get(tenantId);
    const kept = before?.version === version ? before.schemas : new Map<string, KnownSchema>();
    const texts = new Map(rows.map(({ name, schema }) => [name, schema]));
    const schemas = new Map(kept);
    for (const name of asked) moveToEnd(schemas, name, kept.get(name) ?? (await ready(texts.get(name))));
    const types = { version, schemas };
    this.#expectsNone = version === 0;
    this.#forget(tenantId);
    this.#tenants.set(tenantId, types);
    this.#bytes += bytesOf(types);
    this.#makeRoom(tenantId, new Set(asked));
    return types;
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

async function ready(text: string | undefined): Promise<KnownSchema> {
  if (text === undefined) return { schema: undefined, bytes: limits.bareTypeBytes };
  const schema = await compiled(text);
  return { schema, bytes: schema.bytes + limits.bareTypeBytes };
}

/** A schema was tried before it was taken. Should one be of no use all the same, nothing fits it. */
function compiled(text: string): Promise<PayloadSchema> {
  return compileSchema(text).catch(() => {
    const message = "cannot be checked: the schema of its event type cannot be used; change it";
    return { bytes: 0, misfits: (_, path) => ({ fields: [{ path, message }], gaveUp: true }) };
  });
}

function bytesOf({ schemas }: TypesInForce): number {
  return [...schemas.values()].reduce<number>((sum, { bytes }) => sum + bytes, limits.bareTypeBytes);
}
