import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endGroup, findFreePort, waitUntil } from "../support/programs/dev-server.ts";
import { QUIET, ROOT, run, WRANGLER } from "../support/programs/run.ts";

/*
 * The Worker that docs/start/inbox.md shows, by itself: a D1 database with two tables of its own, the inbox's migration, and no outbox.
 */

const FOLDER = join(ROOT, "node_modules/.cache/inbox");
const SECRET = `whsec_${btoa("a secret of thirty-two bytes ...")}`;

/** The code blocks of the page, in their order. */
function codeOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
}

const WRANGLER_TOML = `
name = "inbox-of-the-docs"
main = "block-0.ts"
compatibility_date = "2026-11-01"
[alias]
"edge-outbox/inbox" = "${join(ROOT, "src/inbox/inbox.ts")}"
[[d1_databases]]
binding = "DB"
database_name = "inbox-of-the-docs"
database_id = "00000000-0000-0000-0000-000000000000"
migrations_dir = "migrations"
[vars]
WEBHOOK_SECRETS = "${SECRET}"
`;

const OWN_MIGRATION = `
CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL);
CREATE TABLE turnover (total INTEGER NOT NULL);
INSERT INTO turnover VALUES (0);
`;

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(join(FOLDER, "migrations"), { recursive: true });
  for (const [index, code] of codeOf("docs/start/inbox.md").entries()) {
    writeFileSync(join(FOLDER, `block-${index}.ts`), code);
  }
  writeFileSync(join(FOLDER, "wrangler.toml"), WRANGLER_TOML);
  writeFileSync(join(FOLDER, "migrations/0000_own.sql"), OWN_MIGRATION);
  cpSync(join(ROOT, "migrations/inbox"), join(FOLDER, "migrations"), { recursive: true });
});

test("the code of the page passes the strictest types", async () => {
  expect(codeOf("docs/start/inbox.md").length).toBeGreaterThanOrEqual(3);
  const paths = {
    "edge-outbox": [join(ROOT, "src/index.ts")],
    "edge-outbox/inbox": [join(ROOT, "src/inbox/inbox.ts")],
  };
  writeFileSync(
    join(FOLDER, "tsconfig.json"),
    JSON.stringify({
      extends: "../../../tsconfig.json",
      include: ["*.ts"],
      exclude: [],
      compilerOptions: { types: ["@cloudflare/workers-types"], paths },
    }),
  );
  await run(FOLDER, join(ROOT, "node_modules/.bin/tsc"), "-p", ".");
});

/** The arguments of a wrangler command in the folder of that Worker. */
const wrangler = (...args: string[]) => [
  WRANGLER,
  ...args,
  "--config",
  join(FOLDER, "wrangler.toml"),
  "--persist-to",
  join(FOLDER, "data"),
];

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const args = wrangler("d1", "execute", "DB", "--local", "--json", "--command", sql);
  return JSON.parse(await run(ROOT, process.execPath, ...args))[0].results;
}

describe("by itself, over HTTP", () => {
  let child: ChildProcess | undefined;
  let url = "";

  async function start(): Promise<void> {
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    let output = "";
    const args = wrangler("dev", "--port", String(port), "--inspector-port", "0", "--ip", "127.0.0.1");
    const started = spawn(process.execPath, args, {
      cwd: ROOT,
      env: QUIET,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk;
      });
    }
    await waitUntil("wrangler dev to answer", async () => {
      if (started.exitCode !== null) throw new Error(`wrangler dev ended:\n${output}`);
      return fetch(url).then(
        (response) => response.status === 404,
        () => false,
      );
    });
  }

  /** The whole process group at once, as a power cut would. */
  async function kill(): Promise<void> {
    if (child) await endGroup(child, "SIGKILL");
    child = undefined;
  }

  afterAll(kill);

  /** Sends the webhook of an order. Undefined: no answer was heard. */
  async function send(orderId: string, secret = SECRET) {
    const body = JSON.stringify({
      type: "order.placed",
      timestamp: "2026-11-23T22:08:38.620Z",
      data: { orderId, total: 1 },
    });
    const now = new Date();
    const headers = {
      "webhook-id": `msg_${orderId}`,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(`msg_${orderId}`, now, body),
    };
    try {
      const response = await fetch(`${url}/webhooks/shop`, { method: "POST", headers, body });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    } catch {
      return undefined;
    }
  }

  test("each webhook is taken in once, also over kill -9 while they arrive", async () => {
    await run(ROOT, process.execPath, ...wrangler("d1", "migrations", "apply", "DB", "--local"));
    await start();
    expect(await send("0")).toEqual({ status: 200, body: { duplicate: false } });
    expect(await send("0")).toEqual({ status: 200, body: { duplicate: true } });
    const strange = `whsec_${btoa("another secret of 32 bytes .....")}`;
    expect(await send("x", strange)).toMatchObject({ status: 401, body: { code: "not_authentic" } });

    const orders = Array.from({ length: 60 }, (_, n) => String(n + 1));
    const sent = orders.map((order) => send(order));
    await Promise.any(sent.map(async (one) => (await one) ?? Promise.reject(new Error("not answered"))));
    await kill();
    const first = await Promise.all(sent);

    await start();
    const second = await Promise.all(orders.map((order) => send(order)));
    expect(second.map((answer) => answer?.status)).toEqual(Array(60).fill(200));
    // What was answered before the power cut is on record after it.
    const acknowledged = orders.filter((_, n) => first[n]?.status === 200);
    expect(acknowledged.length).toBeGreaterThan(0);
    const duplicates = orders.filter((_, n) => second[n]?.body["duplicate"]);
    expect(acknowledged.filter((order) => !duplicates.includes(order))).toEqual([]);

    expect(await query("SELECT total, (SELECT count(*) FROM orders) AS orders FROM turnover")).toEqual([
      { total: 61, orders: 61 },
    ]);
    await kill();
  });
});
