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
  /** The tenants, least recently asked for first. */
  readonly #tenants = new Map<string, TypesInForce>();
  #bytes = 0;
  /** Whether the tenant that was read last never had an event type: those of an app are mostly alike. */
  #expectsNone = false;

  /**
   * What is known of a tenant's event types. Of one that is not known: as if it never had any, where that is to be expected;
   * else undefined, and they are better read first than found out about by a batch that is refused.
   */
  of(tenantId: string): TypesInForce | undefined {
    const types = this.#tenants.get(tenantId);
    if (!types) return this.#expectsNone ? NEVER_ANY : undefined;
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, types);
    return types;
  }

  /** Takes in what was read of a tenant: the version, and which of the event types asked for have which schema. */
  async learn(
    tenantId: string,
    version: number,
    asked: readonly string[],
    rows: readonly SchemaRow[],
  ): Promise<TypesInForce> {
    const schemas = new Map<string, KnownSchema>(
      asked.map((name) => [name, { schema: undefined, bytes: limits.bareTypeBytes }]),
    );
    for (const row of rows) {
      const schema = await compiled(row.schema);
      schemas.set(row.name, { schema, bytes: schema.bytes + limits.bareTypeBytes });
    }
    const before = this.#tenants.get(tenantId);
    const kept = before?.version === version ? before.schemas : [];
    const types = { version, schemas: new Map([...kept, ...schemas]) };
    this.#expectsNone = version === 0;
    this.#forget(tenantId);
    this.#keep(tenantId, types);
    return types;
  }

  #keep(tenantId: string, types: TypesInForce): void {
    this.#tenants.set(tenantId, types);
    this.#bytes += bytesOf(types);
    for (const oldest of this.#tenants.keys()) {
      if (this.#bytes <= limits.schemasKeptBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(tenantId: string): void {
    const types = this.#tenants.get(tenantId);
    if (!types) return;
    this.#bytes -= bytesOf(types);
    this.#tenants.delete(tenantId);
  }
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
