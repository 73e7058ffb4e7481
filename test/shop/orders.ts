import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const orders = sqliteTable("orders", {
  id: text("id").primaryKey(),
  total: integer("total").notNull(),
  charged: integer("charged").notNull().default(0),
});
