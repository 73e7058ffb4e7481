import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What a tenant that has a quota has committed in a day. */
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
