/** The shop's tables, as drizzle knows them. migrations/0002_shop.sql makes them. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

const instant = (name: string) => integer(name, { mode: "timestamp_ms" });

export const customers = sqliteTable("customers", {
  id: text("id").primaryKey(),
  email: text("email").notNull().unique(),
  name: text("name").notNull(),
  registeredAt: instant("registered_at").notNull(),
});

export const orders = sqliteTable("orders", {
  id: text("id").primaryKey(),
  product: text("product").notNull(),
  amountCents: integer("amount_cents").notNull(),
  customerName: text("customer_name").notNull(),
  customerEmail: text("customer_email").notNull(),
  state: text("state", { enum: ["pending", "paid", "cancelled"] }).notNull(),
  placedAt: instant("placed_at").notNull(),
  settledAt: instant("settled_at"),
});

export const charges = sqliteTable("charges", {
  id: text("id").primaryKey(),
  orderId: text("order_id").notNull().unique(),
  amountCents: integer("amount_cents").notNull(),
  paymentMethod: text("payment_method").notNull(),
  state: text("state", { enum: ["pending", "succeeded", "declined"] }).notNull(),
  paymentId: text("payment_id"),
});

export type Customer = typeof customers.$inferSelect;
export type Order = typeof orders.$inferSelect;
export type Charge = typeof charges.$inferSelect;
