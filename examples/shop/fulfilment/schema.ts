import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const shipments = sqliteTable("shipments", {
  orderId: text("order_id").primaryKey(),
  product: text("product").notNull(),
  recipient: text("recipient").notNull(),
  receivedAt: integer("received_at", { mode: "timestamp_ms" }).notNull(),
});
