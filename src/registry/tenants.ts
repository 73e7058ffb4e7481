import { and, eq, exists, ne, notExists, type SQL } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import * as z from "zod";
import { type AuditedTools, audited, oneIf } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder } from "../db/database.ts";
import { endpoints, suppressions, tenants, tokens, unsubscribes } from "../db/schema.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { OutboxError } from "../platform/errors.ts";
import { leftOut, numberIn, wellFormed, wholeNumber } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { TENANT_ID } from "../platform/tenant-id.ts";
import { emailAddress } from "./email-address.ts";
import { DELETED, NEXT_VERSION } from "./endpoint-writes.ts";
import { isLive } from "./live-tenant.ts";
import { senders } from "./senders.ts";

const name = wellFormed(z.string().min(1).max(limits.descriptionLength)).nullable();

const perDay = leftOut(numberIn(wholeNumber(0, Number.MAX_SAFE_INTEGER)));
export const quota = z.strictObject({
  messagesPerDay: perDay,
  bytesPerDay: perDay,
  deliveriesPerDay: perDay,
  emailsPerDay: perDay,
});

export const tenantInput = z.strictObject({
  id: z.string().regex(TENANT_ID, {
    error: 'must be 1 to 64 of a-z, 0-9, "_" and "-", beginning with a letter or a digit',
  }),
  name: name.optional(),
  quota: leftOut(quota),
  notifyEmail: leftOut(emailAddress),
  senders: leftOut(senders),
});
type TenantInput = z.output<typeof tenantInput>;

export const tenantChange = z.strictObject({
  name: name.optional(),
  quota: quota.nullable().optional(),
  notifyEmail: emailAddress.nullable().optional(),
  senders: senders.nullable().optional(),
});
type TenantChange = z.output<typeof tenantChange>;

export type Tenant = typeof tenants.$inferSelect;

/** `before`: statements at the beginning of a write's batch. Their errors reach the caller as D1 raised them. */
export type RegistryTools = AuditedTools;

interface TenantTools extends RegistryTools {
  wake: (tenantId: string, at: number) => void;
}

/**
 * Creates a tenant, with its built-in endpoint for direct e-mails. An existing tenant stays unchanged.
 * @throws {OutboxError} `tenant_deleted`: its id is not given out again.
 */
export async function createTenant(
  tools: RegistryTools,
  { id, name = null, quota, notifyEmail, senders }: TenantInput,
): Promise<{ tenant: Tenant; created: boolean }> {
  const now = tools.clock.now();
  const query = queryBuilder(tools.db);
  const isNew = oneIf(notExists(query.select().from(tenants).where(eq(tenants.id, id))));
  const [inserted, , found] = await inOneWrite(audited(tools, { tenantId: id, affected: isNew }), [
    query
      .insert(tenants)
      .values({
        id,
        name,
        quota: quota ?? null,
        notifyEmail: notifyEmail ?? null,
        senders: senders ?? null,
        state: "active",
        createdAt: now,
      })
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
  const found = await queryBuilder(db).select().from(tenants).where(isLive(id));
  return orNotFound(found[0], id);
}

/** @throws {OutboxError} `tenant_not_found` */
export async function updateTenant(tools: RegistryTools, id: string, change: TenantChange): Promise<Tenant> {
  const { name = tenants.name, quota = tenants.quota } = change;
  const { notifyEmail = tenants.notifyEmail, senders = tenants.senders } = change;
  return write(tools, id, { name, quota, notifyEmail, senders });
}

/**
 * Pauses or resumes a tenant. While it is paused, commits are accepted, and nothing is sent.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function setTenantPaused(tools: TenantTools, id: string, paused: boolean): Promise<Tenant> {
  const tenant = await write(tools, id, { state: paused ? "paused" : "active" });
  if (!paused) tools.wake(id, tools.clock.now());
  return tenant;
}

async function write(
  tools: RegistryTools,
  id: string,
  set: SQLiteUpdateSetSource<typeof tenants>,
): Promise<Tenant> {
  const update = queryBuilder(tools.db).update(tenants).set(set).where(isLive(id)).returning();
  const [[changed]] = await inOneWrite(audited(tools, { tenantId: id, affected: isThere(tools.db, id) }), [
    update,
  ]);
  return orNotFound(changed, id);
}

/**
 * Deletes a tenant: commits for it are refused, and its relay cancels unsettled deliveries. The rows stay, for the
 * trace, without its addresses.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function deleteTenant(tools: TenantTools, id: string): Promise<void> {
  const { db, clock } = tools;
  const query = queryBuilder(db);
  const [deleted] = await inOneWrite(audited(tools, { tenantId: id, affected: isThere(db, id) }), [
    query
      .update(tenants)
      .set({ state: "deleted", notifyEmail: null, senders: null })
      .where(isLive(id))
      .returning(),
    query
      .update(endpoints)
      .set({ ...DELETED, stateReason: "tenant_deleted", version: NEXT_VERSION, updatedAt: clock.now() })
      .where(and(eq(endpoints.tenantId, id), ne(endpoints.state, "deleted"))),
    query.delete(tokens).where(eq(tokens.tenantId, id)),
    query.delete(suppressions).where(eq(suppressions.tenantId, id)),
    query.delete(unsubscribes).where(eq(unsubscribes.tenantId, id)),
  ]);
  orNotFound(deleted[0], id);
  tools.wake(id, clock.now());
}

function isThere(db: Database, id: string): SQL {
  return oneIf(exists(queryBuilder(db).select().from(tenants).where(isLive(id))));
}

function orNotFound(tenant: Tenant | undefined, id: string): Tenant {
  if (!tenant) throw new OutboxError({ code: "tenant_not_found", tenantId: id });
  return tenant;
}
