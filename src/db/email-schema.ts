/** Tables of what comes back of e-mails. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { EVENT_STATUSES } from "../domain/email-status.ts";

export const emailEvents = sqliteTable(
  "outbox_email_events",
  {
    tenantId: text("tenant_id").notNull(),
    seq: integer("seq").notNull(),
    /** Provider, its id of the event, and the address. */
    id: text("id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    /** In lower case. */
    address: text("address").notNull(),
    status: text("status", { enum: EVENT_STATUSES }).notNull(),
    provider: text("provider").notNull(),
    /** The provider's id of the e-mail. */
    providerId: text("provider_id"),
    detail: text("detail"),
    /** Instant of the event, as its provider says. */
    at: integer("at").notNull(),
    receivedAt: integer("received_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.seq, table.id] })],
);

/** Begins the reference of a kept event that cannot be recorded, and is passed over. */
export const SET_ASIDE = "aside ";

/** Events of e-mails that are not on record yet. */
export const emailUnmatched = sqliteTable("outbox_email_unmatched", {
  id: text("id").primaryKey(),
  /** The `provider_ref` of a delivery to come. */
  ref: text("ref").notNull(),
  event: text("event").notNull(),
  receivedAt: integer("received_at").notNull(),
});
