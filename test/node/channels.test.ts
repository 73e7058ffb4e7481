import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHANNELS } from "../../src/domain/states.ts";
import { ROOT } from "./sources.ts";

test("the migration's CHECK admits each channel, and nothing else", () => {
  const migration = readFileSync(join(ROOT, "migrations/0001_edge_outbox.sql"), "utf8");
  const [, admitted = ""] = /CHECK \(channel IN \(([^)]*)\)\)/.exec(migration) ?? [];
  expect(admitted.split(", ")).toEqual(CHANNELS.map((channel) => `'${channel}'`));
});

test("the page about channels of one's own shows the code that its tests run", () => {
  const page = readFileSync(join(ROOT, "docs/start/channels.md"), "utf8");
  const code = readFileSync(join(ROOT, "test/channels/sms.ts"), "utf8");
  expect(page).toContain(`\`\`\`ts\n${code.replace('"../../src/index.ts"', '"edge-outbox"')}\`\`\``);
});
