import {
  and,
  count,
  eq,
  exists,
  inArray,
  isNotNull,
  notExists,
  notInArray,
  type SQL,
  sql,
} from "drizzle-orm";
import * as z from "zod";
import { audited, oneIf } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder, violates } from "../db/database.ts";
import { eventTypes, tenants } from "../db/schema.ts";
import { eventTypeName, isDirect } from "../domain/event-type.ts";
import { isSystemEvent } from "../domain/system-events.ts";
import type { Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { type Meter, sharedThread } from "../platform/meter.ts";
import type { PayloadSchemas } from "../schemas/payload-schemas.ts";
import { schemaJson } from "../schemas/schema-json.ts";
import { isLive, liveTenant } from "./live-tenant.ts";
import { type RegistryTools, readTenant } from "./tenants.ts";

const description = wellFormed(z.string().max(limits.descriptionLength)).nullable();
const schema = z.unknown();

const dryRun = leftOut(z.boolean());

export const eventTypeInput = z.strictObject({
  name: eventTypeName
    .refine((name) => !isSystemEvent(name), {
      error: "is a system event, which only the outbox sends; choose another name",
    })
    .refine((name) => !isDirect(name), {
      error: "is the event type of direct e-mails or of work for handlers; choose another name",
    }),
  description: description.optional(),
  schema: schema.optional(),
  dryRun,
});
type EventTypeInput = z.output<typeof eventTypeInput>;

/** Null removes a part. */
export const eventTypeChange = z.strictObject({
  description: description.optional(),
  schema: schema.optional(),
  archived: leftOut(z.boolean()),
  dryRun,
});
type EventTypeChange = z.output<typeof eventTypeChange>;

/** `schema` is JSON. */
export type EventType = typeof eventTypes.$inferSelect;

export interface EventTypeTools extends RegistryTools {
  random: Random;
  payloadSchemas: PayloadSchemas;
  /** Meter of compiling a schema. Defaults to no charge. */
  meter?: Meter | undefined;
}

/**
 * Creates an event type. An event type of this name with equal content stays unchanged. A dry run answers the event type
 * that would be created.
 * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `event_type_limit_reached`, `event_type_exists`
 */
export async function createEventType(
  tools: EventTypeTools,
  tenantId: string,
  input: EventTypeInput,
): Promise<{ eventType: EventType; created: boolean }> {
  const { name, description = null } = input;
  const schema = (await checkedSchema(tools, input.schema)) ?? null;
  const now = tools.clock.now();
  if (input.dryRun) {
    const row = { tenantId, name, description, schema, archivedAt: null, createdAt: now, updatedAt: now };
    return { eventType: await tryEventType(tools, row), created: false };
  }
  const query = queryBuilder(tools.db);
  // A missing or no longer allowed reference becomes NULL, which the column refuses.
  const nameWithinLimit = sql<string>`(SELECT CASE WHEN count(*) < ${limits.eventTypesPerTenant}
    OR count(*) FILTER (WHERE name = ${name}) > 0 THEN ${name} END FROM outbox_event_types WHERE tenant_id = ${tenantId})`;
  const row = { tenantId: liveTenant(tenantId), name: nameWithinLimit, description, schema };
  const isNew = notExists(known(tools, tenantId, name));
  const write = { tenantId, affected: oneIf(isNew), subject: { eventType: name } };
  try {
    const [, inserted, found] = await inOneWrite(audited(tools, write), [
      moveVersion(tools, tenantId, isNew),
      query
        .insert(eventTypes)
        .values({ ...row, createdAt: now, updatedAt: now })
        .onConflictDoNothing()
        .returning(),
      query.select().from(eventTypes).where(isOne(tenantId, name)),
    ]);
    const eventType = orNotFound(found[0], name);
    if (inserted.length > 0) return { eventType, created: true };
    return { eventType: equalTo(eventType, { description, schema }), created: false };
  } catch (error) {
    if (violates(error, "NOT NULL", "outbox_event_types.tenant_id")) {
      throw new OutboxError({ code: "tenant_not_found", tenantId });
    }
    if (violates(error, "NOT NULL", "outbox_event_types.name")) {
      throw limitReached();
    }
    throw error;
  }
}

/** The event type that a creation would answer, or its refusal. */
async function tryEventType({ db }: EventTypeTools, row: EventType): Promise<EventType> {
  const { tenantId, name } = row;
  await readTenant({ db }, tenantId);
  const query = queryBuilder(db);
  const [[found], [counted]] = await query.batch([
    query.select().from(eventTypes).where(isOne(tenantId, name)),
    query.select({ count: count() }).from(eventTypes).where(eq(eventTypes.tenantId, tenantId)),
  ]);
  if (found) return equalTo(found, row);
  if ((counted?.count ?? 0) >= limits.eventTypesPerTenant) throw limitReached();
  return row;
}

function equalTo(
  found: EventType,
  { description, schema }: Pick<EventType, "description" | "schema">,
): EventType {
  if (found.description === description && found.schema === schema) return found;
  throw new OutboxError({ code: "event_type_exists", name: found.name });
}

function limitReached(): OutboxError {
  return new OutboxError({ code: "event_type_limit_reached", limit: limits.eventTypesPerTenant });
}

/** @throws {OutboxError} `tenant_not_found`, `event_type_not_found` */
export async function readEventType(
  { db }: { db: Database },
  tenantId: string,
  name: string,
): Promise<EventType> {
  const [found] = await queryBuilder(db).select().from(eventTypes).where(isOne(tenantId, name));
  return found ?? explainMissing(db, tenantId, name);
}

/**
 * Changes an event type. A new schema applies from its commit on, in every isolate. A dry run answers the event type as
 * it would be.
 * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `event_type_not_found`
 */
export async function updateEventType(
  tools: EventTypeTools,
  tenantId: string,
  name: string,
  change: EventTypeChange,
): Promise<EventType> {
  const { description, archived } = change;
  const schema = await checkedSchema(tools, change.schema);
  const now = tools.clock.now();
  const content = {
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema }),
    updatedAt: now,
  };
  if (change.dryRun) {
    const found = await readEventType(tools, tenantId, name);
    const archivedAt = archived ? (found.archivedAt ?? now) : null;
    return { ...found, ...content, ...(archived !== undefined && { archivedAt }) };
  }
  const archivedAt = archived ? sql<number>`coalesce(archived_at, ${now})` : null;
  const update = queryBuilder(tools.db)
    .update(eventTypes)
    .set({ ...content, ...(archived !== undefined && { archivedAt }) })
    .where(isOne(tenantId, name))
    .returning();
  const isThere = exists(known(tools, tenantId, name));
  const write = audited(tools, { tenantId, affected: oneIf(isThere) });
  const [, [changed]] = await inOneWrite(write, [moveVersion(tools, tenantId, isThere), update]);
  return changed ?? explainMissing(tools.db, tenantId, name);
}

/**
 * Deletes an event type. Its messages are accepted unchecked, like those of any unlisted type.
 * @throws {OutboxError} `tenant_not_found`, `event_type_not_found`
 */
export async function deleteEventType(tools: EventTypeTools, tenantId: string, name: string): Promise<void> {
  const remove = queryBuilder(tools.db)
    .delete(eventTypes)
    .where(isOne(tenantId, name))
    .returning({ name: eventTypes.name });
  const isThere = exists(known(tools, tenantId, name));
  const write = audited(tools, { tenantId, affected: oneIf(isThere) });
  const [, removed] = await inOneWrite(write, [moveVersion(tools, tenantId, isThere), remove]);
  if (removed.length === 0) await explainMissing(tools.db, tenantId, name);
}

/**
 * Refuses archived event types for a new subscription. Existing subscriptions stay.
 * @throws {OutboxError} `invalid_input`, naming each as `eventTypes[n]`
 */
export async function refuseArchived(
  db: Database,
  tenantId: string,
  names: readonly string[],
  endpointId?: string,
): Promise<void> {
  const kept = sql`(SELECT had.value FROM outbox_endpoints, json_each(outbox_endpoints.event_types) had
    WHERE outbox_endpoints.tenant_id = ${tenantId} AND outbox_endpoints.id = ${endpointId ?? null})`;
  const archived = await queryBuilder(db)
    .select({ name: eventTypes.name })
    .from(eventTypes)
    .where(
      and(
        eq(eventTypes.tenantId, tenantId),
        inArray(eventTypes.name, sql`(SELECT value FROM json_each(${JSON.stringify(names)}))`),
        isNotNull(eventTypes.archivedAt),
        notInArray(eventTypes.name, kept),
      ),
    );
  if (archived.length === 0) return;
  const fields = archived.map(({ name }) => ({
    path: `eventTypes[${names.indexOf(name)}]`,
    message: "is archived; put it back with PATCH …/event-types/{name} first, or leave it out",
  }));
  throw new OutboxError({ code: "invalid_input", fields });
}

/** JSON; null to remove it. Undefined when it was left out. */
async function checkedSchema(
  { payloadSchemas, clock, meter = sharedThread(clock) }: EventTypeTools,
  schema: unknown,
): Promise<string | null | undefined> {
  if (schema === undefined || schema === null) return schema;
  const text = schemaJson(schema, "schema");
  const fields = await payloadSchemas.refuse(text, "schema", meter);
  if (fields.length > 0) throw new OutboxError({ code: "invalid_input", fields });
  return text;
}

const VERSION_BYTES = 6;

/**
 * Draws a new version before a write that will change something. A counted version would repeat, with another meaning,
 * after the database was set back.
 */
function moveVersion({ db, random }: EventTypeTools, tenantId: string, changes: SQL) {
  const typesVersion = 1 + random.bytes(VERSION_BYTES).reduce((number, byte) => number * 256 + byte, 0);
  return queryBuilder(db)
    .update(tenants)
    .set({ typesVersion })
    .where(and(isLive(tenantId), changes));
}

function known({ db }: EventTypeTools, tenantId: string, name: string) {
  return queryBuilder(db)
    .select({ name: eventTypes.name })
    .from(eventTypes)
    .where(and(eq(eventTypes.tenantId, tenantId), eq(eventTypes.name, name)));
}

function isOne(tenantId: string, name: string) {
  return and(eq(eventTypes.tenantId, liveTenant(tenantId)), eq(eventTypes.name, name));
}

function orNotFound(eventType: EventType | undefined, name: string): EventType {
  if (!eventType) throw new OutboxError({ code: "event_type_not_found", name });
  return eventType;
}

async function explainMissing(db: Database, tenantId: string, name: string): Promise<never> {
  await readTenant({ db }, tenantId);
  throw new OutboxError({ code: "event_type_not_found", name });
}
