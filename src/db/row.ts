import type { Column, Table } from "drizzle-orm";

type Columns<T extends Table> = T["_"]["columns"][keyof T["_"]["columns"]];

/** Names of a table's columns in SQL. */
type ColumnOf<T extends Table> = Columns<T>["_"]["name"];

/** Value of a column in an answer of D1: JSON is text. */
type ValueOf<C extends Column> =
  | (C["_"]["dataType"] extends "json" ? string : C["_"]["data"])
  | (C["_"]["notNull"] extends true ? never : null);

/**
 * Row of a handwritten statement: columns of a table, by their names in SQL, typed by the drizzle schema. Renaming a column
 * there breaks the build here. An intersection adds computed columns: `RowOf<typeof deliveries, "seq"> & { blocked: 0 | 1 }`.
 * Defaults to all columns.
 */
export type RowOf<T extends Table, Name extends ColumnOf<T> = ColumnOf<T>> = {
  [C in Columns<T> as C["_"]["name"] & Name]: ValueOf<C>;
};

/** SQL: columns of a table under an alias. One list makes the `RowOf` and the statement, so they cannot differ. */
export function columnsOf<T extends Table>(alias: string, names: readonly ColumnOf<T>[]): string {
  return names.map((name) => `${alias}.${name}`).join(", ");
}
