/** Lines that must not compile stand under @ts-expect-error: `npm run types` checks them. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { expect, expectTypeOf, test } from "vitest";
import { columnsOf, type RowOf } from "../../src/db/row.ts";
import type { deliveries, endpoints } from "../../src/db/schema.ts";
import type { DeliveryState } from "../../src/domain/states.ts";

test("a row has the columns of the schema, by their names in SQL", () => {
  expectTypeOf<RowOf<typeof deliveries, "seq" | "due_at" | "state">>().toEqualTypeOf<{
    seq: number;
    due_at: number | null;
    state: DeliveryState;
  }>();
});

test("JSON is text in a row, and null where the column may be NULL", () => {
  expectTypeOf<RowOf<typeof endpoints, "event_types">>().toEqualTypeOf<{ event_types: string | null }>();
});

test("a row has all columns by default", () => {
  const table = sqliteTable("table", { id: integer("id").primaryKey(), heldUntil: text("held_until") });
  expectTypeOf<RowOf<typeof table>>().toEqualTypeOf<{ id: number; held_until: string | null }>();
});

test("a column that the schema names otherwise breaks the build", () => {
  const COLUMNS = ["seq", "due_at"] as const;
  const renamed = sqliteTable("deliveries", { seq: integer("seq").notNull(), dueAt: integer("look_at") });
  expectTypeOf<RowOf<typeof deliveries, (typeof COLUMNS)[number]>>().toHaveProperty("due_at");
  // @ts-expect-error the list names a column that was renamed
  expectTypeOf<RowOf<typeof renamed, (typeof COLUMNS)[number]>>();
  const row: RowOf<typeof renamed> = { seq: 1, look_at: null };
  // @ts-expect-error code reads a column that was renamed
  expect(row.due_at).toBeUndefined();
});

test("a list of columns becomes SQL", () => {
  expect(columnsOf<typeof deliveries>("d", ["seq", "due_at"])).toBe("d.seq, d.due_at");
  // @ts-expect-error a column that the table does not have
  columnsOf<typeof deliveries>("d", ["seq", "look_at"]);
});
