/** Tables of messages, their deliveries and attempts. */
import { sql } from "drizzle-orm";
import { customType, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { DELIVERY_STATES, OUTCOMES } from "../domain/states.ts";

/** SQLite's ANY in a STRICT table: a value of any type, unchanged. */
const anyType = customType<{ data: string | ArrayBuffer }>({ dataType: () => "ANY" });

export const messages = sqliteTable(
  "outbox_messages",
  {
    /** Its tenant's number × 2^36 + seq. Not for JavaScript, whose numbers cannot hold it. */
    id: integer("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").generatedAlwaysAs(sql`id & 68719476735`, { mode: "virtual" }),
    nonce: text("nonce").notNull(),
    eventType: text("event_type").notNull(),
    /** JSON as text, sent byte for byte; or gzipped, as a BLOB. */
    payload: anyType("payload").notNull(),
    /** Bytes of the JSON, and of what is sealed beside it. */
    payloadBytes: integer("payload_bytes").notNull(),
    /** Of an e-mail whose payload is gzipped: its `to` and its `subject`. */
    emailHead: text("email_head", { mode: "json" }).$type<{ to: unknown; subject: unknown }>(),
    /** Whole payload of a sensitive e-mail, sealed; empty once it is wiped. */
    sealed: text("sealed"),
    /** Name of the key that sealed it; or "!" and the time at which a resealing failed. */
    sealedBy: text("sealed_by"),
    orderingKey: text("ordering_key"),
    deliverAt: integer("deliver_at"),
    /** Endpoints that the message names; NULL when its event type decides. */
    endpointIds: text("endpoint_ids", { mode: "json" }).$type<string[]>(),
    committedAt: integer("committed_at").notNull(),
    /** Idempotency key of the commit, on its first message. */
    idempotencyKey: text("idempotency_key"),
    /** W3C trace context of the request that committed it. */
    traceparent: text("traceparent"),
    /** Only with a `traceparent`. */
    tracestate: text("tracestate"),
  },
  (table) => [index("outbox_messages_sealed").on(table.sealedBy).where(sql`sealed_by IS NOT NULL`)],
);

export const idempotencyKeys = sqliteTable(
  "outbox_idempotency_keys",
  {
    tenantId: text("tenant_id").notNull(),
    key: text("key").notNull(),
    fingerprint: text("fingerprint").notNull(),
    firstSeq: integer("first_seq").notNull(),
    messageCount: integer("message_count").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.key] })],
);

export const deliveries = sqliteTable(
  "outbox_deliveries",
  {
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").notNull(),
    endpointId: text("endpoint_id").notNull(),
    orderingKey: text("ordering_key"),
    payloadBytes: integer("payload_bytes").notNull(),
    state: text("state", { enum: DELIVERY_STATES }).notNull(),
    /** Instant at which the outbox must look at it again; NULL once settled. */
    dueAt: integer("due_at"),
    /** 1 while an earlier delivery of its endpoint and ordering key is unsettled. */
    behind: integer("behind").notNull().default(0),
    leaseToken: text("lease_token"),
    /** Claims since the last recorded attempt. */
    claims: integer("claims").notNull().default(0),
    attempts: integer("attempts").notNull().default(0),
    /** Attempts made before the last replay, at which the retry schedule begins anew. */
    scheduleFrom: integer("schedule_from").notNull().default(0),
    claimedAt: integer("claimed_at"),
    /** Due instant before the claim; NULL once settled. */
    wasDueAt: integer("was_due_at"),
    startedAt: integer("started_at"),
    durationMs: integer("duration_ms"),
    httpStatus: integer("http_status"),
    error: text("error"),
    excerpt: text("excerpt"),
    /** Version of the endpoint at the latest attempt, which tells its target then. */
    endpointVersion: integer("endpoint_version"),
    responseHeaders: text("response_headers", { mode: "json" }).$type<Record<string, string>>(),
    settledAt: integer("settled_at"),
    reason: text("reason"),
    /** Number of times it was begun since the last recorded attempt, as far as counted. */
    starts: integer("starts").notNull().default(0),
    /** 1 if it was dead before its replay. */
    wasDead: integer("was_dead").notNull().default(0),
    /** Attempts since the last replay that used up none of the retry schedule. */
    spared: integer("spared").notNull().default(0),
    /** Instant since which it waits without using up the schedule; NULL: it does not. */
    waitsSince: integer("waits_since"),
    /** Number of its replays after it had been delivered. */
    resends: integer("resends").notNull().default(0),
    /** E-mails of the request that it was last sent with, while its answer is not on record; empty: it is sent by itself. */
    batch: text("batch"),
    /** Provider, and its id of the e-mail, where its events bring none of ours. */
    providerRef: text("provider_ref"),
    /** 1 while later deliveries of its endpoint and ordering key must wait for it. */
    blocks: integer("blocks").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.seq, table.endpointId] }),
    index("outbox_deliveries_due")
      .on(table.tenantId, table.endpointId, table.state, table.dueAt)
      .where(sql`due_at IS NOT NULL AND behind = 0`),
    index("outbox_deliveries_dead").on(table.tenantId, table.seq).where(sql`state = 'dead'`),
    index("outbox_deliveries_cancelled").on(table.tenantId, table.seq).where(sql`state = 'cancelled'`),
    index("outbox_deliveries_key")
      .on(table.tenantId, table.endpointId, table.orderingKey, table.seq)
      .where(sql`blocks = 1`),
    index("outbox_deliveries_dead_heads")
      .on(table.tenantId, table.seq)
      .where(sql`state = 'dead' AND blocks = 1`),
    index("outbox_deliveries_ref").on(table.providerRef).where(sql`provider_ref IS NOT NULL`),
    index("outbox_deliveries_endpoint_dead_heads")
      .on(table.tenantId, table.endpointId, table.seq)
      .where(sql`state = 'dead' AND blocks = 1`),
  ],
);

export const attempts = sqliteTable(
  "outbox_attempts",
  {
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").notNull(),
    endpointId: text("endpoint_id").notNull(),
    n: integer("n").notNull(),
    outcome: text("outcome", { enum: OUTCOMES }).notNull(),
    startedAt: integer("started_at").notNull(),
    durationMs: integer("duration_ms").notNull(),
    httpStatus: integer("http_status"),
    error: text("error"),
    excerpt: text("excerpt"),
    endpointVersion: integer("endpoint_version"),
    responseHeaders: text("response_headers", { mode: "json" }).$type<Record<string, string>>(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.seq, table.endpointId, table.n] }),
    index("outbox_attempts_at").on(table.tenantId, table.startedAt),
  ],
);

/** One row: the key for message ids. */
export const idKeys = sqliteTable("outbox_id_key", {
  id: integer("id").primaryKey(),
  key: text("key").notNull(),
});
