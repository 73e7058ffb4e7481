import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "./sources.ts";

const FOLDER = join(ROOT, "migrations");
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".sql"),
);

/*
 * Remote migrations are cut into statements by rules of the service's own, which know triggers by their usual spelling only.
 */
describe.each(files)("the migration %s", (file) => {
  const text = readFileSync(join(FOLDER, file), "utf8");

  test("has the line ends of Unix", () => {
    expect(text).not.toContain("\r");
  });

  test("has each trigger on a line of its own, with its words in capitals", () => {
    const lines = text.split("\n").filter((line) => /\btrigger\b/i.test(line) && !line.startsWith("--"));
    for (const line of lines) expect(line).toMatch(/^CREATE TRIGGER \w+ (AFTER|BEFORE) .* BEGIN .*; END;$/);
    expect(lines.length).toBe([...text.matchAll(/^CREATE TRIGGER/gm)].length);
  });
});

test.each([
  ["examples/shop/migrations/0001_edge_outbox.sql", "migrations/0001_edge_outbox.sql"],
  [
    "examples/shop/fulfilment/migrations/0001_edge_outbox_inbox.sql",
    "migrations/inbox/0001_edge_outbox_inbox.sql",
  ],
])("%s is the migration of the library: copy it again when that has changed", (copy, original) => {
  expect(readFileSync(join(ROOT, copy), "utf8")).toBe(readFileSync(join(ROOT, original), "utf8"));
});
