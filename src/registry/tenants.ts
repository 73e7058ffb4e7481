import { and, eq, ne } from "drizzle-orm";
import { z } from "zod";
import { type Database, queryBuilder } from "../db/database.ts";
import { endpoints, tenants, tokens } from "../db/schema.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { Clock } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { releaseDeadHeads } from "./dead-heads.ts";

const name = z.string().min(1).max(limits.descriptionLength).nullable();

export const tenantInput = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
    error: 'must be 1 to 64 of a-z, 0-9, "_" and "-", beginning with a letter or a digit',
  }),
  name: name.optional(),
});
export type TenantInput = z.output<typeof tenantInput>;

export const tenantChange = z.strictObject({ name: name.optional() });
export type TenantChange = z.output<typeof tenantChange>;

export type Tenant = typeof tenants.$inferSelect;

export interface RegistryTools {
  db: Database;
  clock: Clock;
}

/**
 * Makes a tenant, with its built-in endpoint for direct e-mails; one that is there already stays as it is.
 * @throws {OutboxError} `tenant_deleted`: its id is not given out again.
 */
export async function createTenant(
  { db, clock }: RegistryTools,
  { id, name = null }: TenantInput,
): Promise<{ tenant: Tenant; created: boolean }> {
  const now = clock.now();
  const query = queryBuilder(db);
  const [inserted, , found] = await query.batch([
    query
      .insert(tenants)
      .values({ id, name, state: "active", createdAt: now })
      .onConflictDoNothing()
      .returning(),
    query.insert(endpoints).values(directEmailEndpoint(id, now)).onConflictDoNothing(),
    query.select().from(tenants).where(eq(tenants.id, id)),
  ]);
  const tenant = found[0];
  if (!tenant || tenant.state === "deleted") throw new OutboxError({ code: "tenant_deleted", tenantId: id });
  return { tenant, created: inserted.length > 0 };
}

function directEmailEndpoint(tenantId: string, now: number): typeof endpoints.$inferInsert {
  return {
    tenantId,
    id: DIRECT_EMAIL_ENDPOINT,
    channel: "email",
    target: "",
    eventTypes: [],
    state: "enabled",
    description: "Direct e-mails",
    createdAt: now,
    updatedAt: now,
  };
}

/** @throws {OutboxError} `tenant_not_found` */
export async function readTenant({ db }: Pick<RegistryTools, "db">, id: string): Promise<Tenant> {
  const found = await queryBuilder(db)
    .select()
    .from(tenants)
    .where(and(eq(tenants.id, id), ne(tenants.state, "deleted")));
  return orNotFound(found[0], id);
}

/** @throws {OutboxError} `tenant_not_found` */
export async function updateTenant({ db }: RegistryTools, id: string, change: TenantChange): Promise<Tenant> {
  if (change.name === undefined) return readTenant({ db }, id);
  const changed = await queryBuilder(db)
    .update(tenants)
    .set({ name: change.name })
    .where(and(eq(tenants.id, id), ne(tenants.state, "deleted")))
    .returning();
  return orNotFound(changed[0], id);
}

/**
 * Paused: commits are accepted, and nothing is sent until it is resumed.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function setTenantPaused({ db }: RegistryTools, id: string, paused: boolean): Promise<Tenant> {
  const changed = await queryBuilder(db)
    .update(tenants)
    .set({ state: paused ? "paused" : "active" })
    .where(and(eq(tenants.id, id), ne(tenants.state, "deleted")))
    .returning();
  return orNotFound(changed[0], id);
}

/**
 * Nothing more is accepted for the tenant, and what was not delivered yet is cancelled by its relay. The rows
 * stay, for the trace.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function deleteTenant({ db, clock }: RegistryTools, id: string): Promise<void> {
  const query = queryBuilder(db);
  const [deleted] = await query.batch([
    query
      .update(tenants)
      .set({ state: "deleted" })
      .where(and(eq(tenants.id, id), ne(tenants.state, "deleted")))
      .returning(),
    query
      .update(endpoints)
      .set({
        state: "deleted",
        stateReason: "tenant_deleted",
        secret: null,
        previousSecrets: null,
        ordering: "lenient",
        updatedAt: clock.now(),
      })
      .where(eq(endpoints.tenantId, id)),
    releaseDeadHeads(db, id, null),
    query.delete(tokens).where(eq(tokens.tenantId, id)),
  ]);
  orNotFound(deleted[0], id);
}

function orNotFound(tenant: Tenant | undefined, id: string): Tenant {
  if (!tenant) throw new OutboxError({ code: "tenant_not_found", tenantId: id });
  return tenant;
}
