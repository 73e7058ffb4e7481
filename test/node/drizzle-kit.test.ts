import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { TABLES_FILTER } from "../../src/cli/init/drizzle-note.ts";
import { CloudflareApi } from "../support/programs/cloudflare-api.ts";
import { QUIET, ROOT } from "../support/programs/run.ts";

const scratch = mkdtempSync(join(tmpdir(), "edge-outbox-drizzle-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** `drizzle-kit push` of an app with one table, to a D1 that has the outbox's and an older table of the app's. */
async function push(line: string): Promise<string[]> {
  const api = await CloudflareApi.start();
  api.database.exec(readFileSync(join(ROOT, "migrations/0001_edge_outbox.sql"), "utf8"));
  api.database.exec(
    "CREATE TABLE orders (id text PRIMARY KEY NOT NULL); CREATE TABLE carts (id TEXT PRIMARY KEY);",
  );
  const folder = mkdtempSync(join(scratch, "app-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  write("package.json", '{ "type": "module" }');
  write(
    "schema.ts",
    'import { sqliteTable, text } from "drizzle-orm/sqlite-core";\nexport const orders = sqliteTable("orders", { id: text().primaryKey() });\n',
  );
  write(
    "drizzle.config.ts",
    `export default {
  dialect: "sqlite",
  driver: "d1-http",
  schema: "./schema.ts",
  dbCredentials: { accountId: "account", databaseId: "database", token: "token" },
  ${line}
};\n`,
  );
  // drizzle-kit calls Cloudflare by its address, whatever the environment says.
  const origin = api.environment["CLOUDFLARE_API_BASE_URL"];
  write(
    "redirect.mjs",
    `import http from "node:http";
import https from "node:https";
https.request = (url, options) => http.request(url.replace("https://api.cloudflare.com/client/v4", "${origin}"), options);\n`,
  );
  try {
    const args = ["--import", "./redirect.mjs", "node_modules/drizzle-kit/bin.cjs", "push", "--force"];
    await promisify(execFile)(process.execPath, args, { cwd: folder, env: QUIET });
    const tables = api.database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all();
    return tables.map(({ name }) => String(name));
  } finally {
    await api.stop();
  }
}

const OURS = [
  ...readFileSync(join(ROOT, "migrations/0001_edge_outbox.sql"), "utf8").matchAll(/^CREATE TABLE (\w+)/gm),
]
  .map(([, name = ""]) => name)
  .toSorted();

test("drizzle-kit push drops the outbox's tables, and with the line that init tells it keeps them", async () => {
  expect(await push("")).toEqual(["orders"]);
  expect(await push(TABLES_FILTER)).toEqual(["orders", ...OURS].toSorted());
});
