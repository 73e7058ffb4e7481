import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../../migrations");
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
