import { env } from "cloudflare:workers";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, test } from "vitest";
import * as schema from "../../src/db/schema.ts";
import { newDatabase } from "../support/database/empty-database.ts";

const tables = Object.values(schema).map((table) => getTableConfig(table));

// Other files have made tables of their own.
beforeAll(newDatabase);

describe("the drizzle schema describes the migrations", () => {
  test("table for table", async () => {
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'd1_%' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%'",
    ).all<{ name: string }>();
    expect(tables.map(({ name }) => name).toSorted()).toEqual(results.map(({ name }) => name).toSorted());
  });

  test.each(tables.map((table) => [table.name, table] as const))(
    "%s: columns and primary key",
    async (name, table) => {
      const { results } = await env.DB.prepare(`PRAGMA table_xinfo(${name})`).all<{
        name: string;
        type: string;
        notnull: number;
        pk: number;
      }>();
      const described = table.columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: column.notNull ? 1 : 0,
      }));
      expect(described).toEqual(results.map(({ name, type, notnull }) => ({ name, type, notnull })));
      const primary =
        table.primaryKeys[0]?.columns.map((column) => column.name) ??
        table.columns.filter((column) => column.primary).map((column) => column.name);
      const actual = results.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
      expect(primary).toEqual(actual.map(({ name }) => name));
    },
  );

  test.each(tables.map((table) => [table.name, table] as const))("%s: indexes", async (name, table) => {
    const { results } = await env.DB.prepare(
      "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name",
    )
      .bind(name)
      .all<{ name: string; sql: string }>();
    expect(table.indexes.map((index) => index.config.name).toSorted()).toEqual(
      results.map((index) => index.name),
    );
    for (const { config } of table.indexes) {
      const sql = results.find((index) => index.name === config.name)?.sql ?? "";
      const columns = config.columns.map((column) => ("name" in column ? column.name : "?")).join(", ");
      const where = config.where?.queryChunks
        .flatMap((chunk) => (chunk && "value" in chunk ? chunk.value : []))
        .join("");
      expect(sql.replace(/\s+/g, " ")).toBe(
        `CREATE INDEX ${config.name} ON ${name} (${columns})${where === undefined ? "" : ` WHERE ${where}`}`,
      );
    }
  });

  test("every table is STRICT, and WITHOUT ROWID unless its rowid is its key, so that a row costs a row", async () => {
    const { results } = await env.DB.prepare("PRAGMA table_list").all<{
      name: string;
      wr: number;
      strict: number;
    }>();
    const ours = results.filter(({ name }) => tables.some((table) => table.name === name));
    expect(ours).toHaveLength(tables.length);
    expect(ours.filter(({ strict }) => !strict)).toEqual([]);
    const keyed = tables.filter(({ columns }) =>
      columns.some((one) => one.primary && one.getSQLType() === "integer"),
    );
    expect(
      ours
        .filter(({ wr }) => !wr)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(keyed.map(({ name }) => name).toSorted());
  });
});
