/** Tables of tenants, their tokens, what they commit in a day, and the addresses that get no e-mails of theirs, or none of a topic. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ComplaintLevel } from "../domain/complaints.ts";
import { SUPPRESSION_REASONS } from "../domain/email-status.ts";
import { UNSUBSCRIBE_SOURCES } from "../domain/email-topic.ts";
import type { Quota } from "../domain/quota.ts";
import type { Scope } from "../domain/scopes.ts";
import { TENANT_STATES } from "../domain/states.ts";

export const tenants = sqliteTable(
  "outbox_tenants",
  {
    /** Upper bits of the keys of its messages. */
    number: integer("number").primaryKey(),
    id: text("id").notNull().unique(),
    name: text("name"),
    state: text("state", { enum: TENANT_STATES }).notNull(),
    createdAt: integer("created_at").notNull(),
    /** Instant of the next look at its old messages, and the sequence number to begin after. */
    purgeAt: integer("purge_at").notNull().default(0),
    purgeAfter: integer("purge_after").notNull().default(0),
    /** Number of purged messages. */
    purged: integer("purged").notNull().default(0),
    /** Changes with every change of an event type. */
    typesVersion: integer("types_version").notNull().default(0),
    /** Limits of the commits of a day. Null: no limit. */
    quota: text("quota", { mode: "json" }).$type<Quota>(),
    /** Sequence number up to which first attempts that delivered are in the sums. */
    summedTo: integer("summed_to").notNull().default(0),
    /** Address that is told of its disabled endpoints. */
    notifyEmail: text("notify_email"),
    /** Addresses, and `*@` with a domain, as which its e-mails may be sent beside the default sender. */
    senders: text("senders", { mode: "json" }).$type<string[]>(),
    /** Instants at which its late deliveries, and its dead letters, were last told of. */
    lateToldAt: integer("late_told_at"),
    deadToldAt: integer("dead_told_at"),
    /** Instant of the latest complaint that the cron has yet to judge. */
    complainedAt: integer("complained_at"),
    /** Instant at which its complaints were last told of, and their level then. */
    complaintsToldAt: integer("complaints_told_at"),
    complaintsTold: text("complaints_told").$type<ComplaintLevel>(),
  },
  (table) => [
    index("outbox_tenants_purge").on(table.purgeAt),
    index("outbox_tenants_created").on(table.createdAt, table.id),
    index("outbox_tenants_complained").on(table.complainedAt).where(sql`complained_at IS NOT NULL`),
    index("outbox_tenants_complaints").on(table.complaintsToldAt).where(sql`complaints_told_at IS NOT NULL`),
    index("outbox_tenants_inactive").on(table.state).where(sql`state <> 'active'`),
  ],
);

/** Usage of a tenant with a quota, by day. */
export const usage = sqliteTable(
  "outbox_usage",
  {
    tenantId: text("tenant_id").notNull(),
    /** In UTC, counted from 1970. */
    day: integer("day").notNull(),
    messages: integer("messages").notNull(),
    bytes: integer("bytes").notNull(),
    deliveries: integer("deliveries").notNull(),
    emails: integer("emails").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.day] })],
);

export const tokens = sqliteTable(
  "outbox_tokens",
  {
    tenantId: text("tenant_id").notNull(),
    id: text("id").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<Scope[]>().notNull(),
    description: text("description"),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** Accurate to some minutes; NULL: never. */
    lastUsedAt: integer("last_used_at"),
    /** Name that the app has given to a session of the portal; NULL: none. */
    sessionId: text("session_id"),
    /** Opener of the session of the portal that the token is; NULL: it is a token of the API, and no session. */
    sessionBy: text("session_by", { enum: ["link", "member"] }),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index("outbox_tokens_created").on(table.tenantId, table.createdAt, table.id),
  ],
);

export const suppressions = sqliteTable(
  "outbox_suppressions",
  {
    tenantId: text("tenant_id").notNull(),
    address: text("address").notNull(),
    reason: text("reason", { enum: SUPPRESSION_REASONS }).notNull(),
    /** NULL: for ever. */
    until: integer("until"),
    /** First message that bounced hard. */
    hardSeq: integer("hard_seq"),
    note: text("note"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.address] })],
);

/** Topics from which addresses have unsubscribed. */
export const unsubscribes = sqliteTable(
  "outbox_unsubscribes",
  {
    tenantId: text("tenant_id").notNull(),
    address: text("address").notNull(),
    topic: text("topic").notNull(),
    source: text("source", { enum: UNSUBSCRIBE_SOURCES }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.address, table.topic] })],
);
