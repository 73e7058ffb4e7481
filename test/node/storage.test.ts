import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { expect, test } from "vitest";
import * as schema from "../../src/db/schema.ts";
import { ROOT } from "./sources.ts";

const page = readFileSync(join(ROOT, "docs/internals/storage.md"), "utf8");
/** Text below each heading that is the name of a table. */
const sections = new Map(
  page
    .split(/^##+ /m)
    .filter((section) => section.startsWith("outbox_"))
    .map((section) => [section.split("\n", 1)[0] ?? "", section]),
);
const tables = Object.values(schema).map((table) => getTableConfig(table));

/** Columns that a section tells of: those of its primary key, and the first cells of its table. */
function toldIn(section = ""): string[] {
  const [, key = ""] = /^Primary key `\(([^)]*)\)`/m.exec(section) ?? [];
  const cells = [...section.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell = ""]) => cell);
  return [...key.split(", "), ...cells.join(", ").replaceAll("`", "").split(", ")].filter(Boolean);
}

test.each(tables)("the page of the storage tells of each column of $name, and of no other", (table) => {
  const told = new Set(toldIn(sections.get(table.name)));
  expect([...told].toSorted()).toEqual(table.columns.map(({ name }) => name).toSorted());
});

test("the page of the storage has a section for each table, and for that of the inbox", () => {
  const names = [...tables.map(({ name }) => name), "outbox_inbox"];
  expect([...sections.keys()].toSorted()).toEqual(names.toSorted());
});
