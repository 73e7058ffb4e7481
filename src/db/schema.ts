/**
 * The tables of `migrations/`, as drizzle-orm needs them. The migrations are the truth: they are written by hand,
 * because drizzle-kit cannot say STRICT or WITHOUT ROWID, and a test compares the two. Instants are milliseconds since
 * the epoch. `docs/internals/storage.md` explains each table.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { BODY_FORMATS, CHANNELS, ENDPOINT_STATES, ORDERINGS } from "../domain/states.ts";
import { isFailing } from "./failing-endpoint.ts";

export { audit } from "./audit-schema.ts";
export { emailEvents, emailUnmatched } from "./email-schema.ts";
export { attempts, deliveries, idempotencyKeys, idKeys, messages } from "./message-schema.ts";
export { type LateTenant, type RepairCursor, sums, sweeps } from "./sums-schema.ts";
export { suppressions, tenants, tokens, unsubscribes, usage } from "./tenant-schema.ts";

/** A previous webhook secret, still sealed, and the end of its signing. */
export interface PreviousSecret {
  secret: string;
  until: number;
}

export const eventTypes = sqliteTable(
  "outbox_event_types",
  {
    tenantId: text("tenant_id").notNull(),
    name: text("name").notNull(),
    description: text("description"),
    /** JSON Schema, as it was given. */
    schema: text("schema"),
    archivedAt: integer("archived_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.name] }),
    index("outbox_event_types_created").on(table.tenantId, table.createdAt, table.name),
  ],
);

export const requestKeys = sqliteTable(
  "outbox_request_keys",
  {
    tenantId: text("tenant_id").notNull(),
    key: text("key").notNull(),
    fingerprint: text("fingerprint").notNull(),
    status: integer("status"),
    /** Sealed; while there is no status, the nonce of the try. */
    answer: text("answer"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.key] })],
);

export const endpoints = sqliteTable(
  "outbox_endpoints",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    channel: text("channel", { enum: CHANNELS }).notNull(),
    /** The URL, the address or the handler's name. Empty for the built-in e-mail endpoint. */
    target: text("target").notNull(),
    /** A JSON array, or NULL for every type. */
    eventTypes: text("event_types", { mode: "json" }).$type<string[]>(),
    state: text("state", { enum: ENDPOINT_STATES }).notNull(),
    stateReason: text("state_reason"),
    description: text("description"),
    headers: text("headers", { mode: "json" }).$type<Record<string, string>>(),
    /** Seconds to wait before each retry; NULL for the outbox's own schedule. */
    retrySchedule: text("retry_schedule", { mode: "json" }).$type<number[]>(),
    secret: text("secret"),
    /** Previous secrets that still sign beside it, newest first. */
    previousSecrets: text("previous_secrets", { mode: "json" }).$type<PreviousSecret[]>(),
    /** Instant at which the secret was made or given. */
    secretSetAt: integer("secret_set_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** `strict`: a dead delivery blocks its ordering key. */
    ordering: text("ordering", { enum: ORDERINGS }).notNull().default("lenient"),
    /** HTTP statuses after which there is no retry: a JSON array. */
    giveUpOn: text("give_up_on", { mode: "json" }).$type<number[]>(),
    /** Form of a webhook's body; without meaning for other channels. */
    payloadFormat: text("payload_format", { enum: BODY_FORMATS }).notNull().default("standard"),
    /** Deliveries in a second. */
    rateLimit: real("rate_limit"),
    /** Deliveries that are sent at once. */
    maxConcurrency: integer("max_concurrency"),
    /** Instant until which the rate limit is used up. */
    pacedTo: real("paced_to"),
    /** Instant since which every attempt has failed; NULL when the latest one succeeded. */
    failingSince: integer("failing_since"),
    /** Instant of the latest failure. */
    failedAt: integer("failed_at"),
    /** Share of its failure budget that was last told of, in percent. */
    failingTold: integer("failing_told").notNull().default(0),
    /** Attempts since a failure, as the breaker counts them. */
    windowFrom: integer("window_from"),
    windowAttempts: integer("window_attempts").notNull().default(0),
    windowFailures: integer("window_failures").notNull().default(0),
    /** Instant until which the breaker is open; afterwards one delivery at a time is tried, until one succeeds. */
    heldUntil: integer("held_until"),
    /** Number of openings since the last success: each is longer. */
    holds: integer("holds").notNull().default(0),
    /** A probe is under way until then. */
    probeUntil: integer("probe_until"),
    /** Number of changes by people and by answers: its ETag. */
    version: integer("version").notNull().default(1),
    /** Headers that are never shown: a sealed JSON object, and their names. */
    secretHeaders: text("secret_headers"),
    secretHeaderNames: text("secret_header_names", { mode: "json" }).$type<string[]>(),
    /** Id of the key that seals all of its secrets; NULL without secrets. `!` and an instant: they did not open. */
    sealedBy: text("sealed_by"),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index("outbox_endpoints_sealed").on(table.sealedBy).where(sql`secret IS NOT NULL`),
    index("outbox_endpoints_live")
      .on(table.tenantId, table.createdAt, table.id)
      .where(sql`state <> 'deleted'`),
    index("outbox_endpoints_failing")
      .on(table.state, table.tenantId, table.id, table.failingSince, table.heldUntil)
      .where(sql.raw(isFailing())),
  ],
);

/** Targets that endpoints had before, from one of their versions to another. */
export const formerTargets = sqliteTable(
  "outbox_former_targets",
  {
    tenantId: text("tenant_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    /** The last version of the endpoint with this target. */
    version: integer("version").notNull(),
    firstVersion: integer("first_version").notNull(),
    target: text("target").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.endpointId, table.version] })],
);
