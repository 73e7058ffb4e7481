import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The code block of that language in which the text stands. */
function block(language: string, containing: string, page = "README.md"): string {
  const blocks = [...readFileSync(join(ROOT, page), "utf8").matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(
    ([, name]) => name === language,
  );
  const found = blocks.find(([, , code]) => code?.includes(containing))?.[2];
  if (found === undefined) throw new Error(`${page} has no ${language} block with ${containing}`);
  return found;
}

/** Code of an app around the ten lines of the README. */
const AROUND_THE_COMMIT = `
import { drizzle } from "drizzle-orm/d1";
import { createOutbox, email, event, type OutboxEnv, work } from "edge-outbox";
import { orders } from "./schema";

type Env = OutboxEnv & { DB: D1Database };
interface Order { id: string; total: number; email: string }
interface Shop { events: { "order.placed": Order }; work: { "charge-card": { orderId: string } } }

declare const env: Env;
declare const order: Order;
const outbox = createOutbox<Env, Shop>({ handlers: { "charge-card": async () => undefined } });
`;

const scratch = mkdtempSync(join(tmpdir(), "edge-outbox-readme-"));
const arrived: { headers: IncomingHttpHeaders; body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    arrived.push({ headers: request.headers, body });
    response.end();
  });
});
let server: DevServer;

beforeAll(async () => {
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  server = await startDevServer({ port: await findFreePort(), data: join(scratch, "data"), vars: {} });
});

afterAll(async () => {
  await server?.kill();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe("the commands of the README", () => {
  test("a first message: tenant, endpoint, message, its trace", async () => {
    writeFileSync(join(scratch, ".dev.vars"), `OPERATOR_TOKEN=${OPERATOR_TOKEN}\n`);
    const script = block("sh", "TOKEN=$(sed")
      .replaceAll("http://127.0.0.1:8787", server.url)
      // A person looks again, should a second not do.
      .replace(
        /sleep 1; (api .*)/,
        'while $1 | grep -q \'"state":"\\(pending\\|leased\\)"\'; do sleep 0.1; done; $1',
      )
      .replaceAll("127.0.0.1:9797", `127.0.0.1:${(receiver.address() as AddressInfo).port}`);
    const { stdout } = await run("bash", ["-c", script], { cwd: scratch });
    const [tenant, endpoint, message] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(tenant).toMatchObject({ id: "acme" });
    expect(endpoint).toMatchObject({ channel: "webhook", state: "enabled" });
    expect(message).toMatchObject({
      eventType: "order.placed",
      deliveries: [{ state: "delivered", attempts: [{ number: 1, outcome: "delivered", httpStatus: 200 }] }],
    });
    const [request] = arrived;
    const verified = new Webhook(endpoint.secret).verify(
      request?.body ?? "",
      request?.headers as Record<string, string>,
    );
    expect(verified).toMatchObject({ type: "order.placed", data: { orderId: "1001", total: 42 } });
  });

  test("the code of README.md, handlers.md and emails.md passes the strictest types", async () => {
    const folder = join(ROOT, "node_modules/.cache/readme");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "commit.ts"), `${AROUND_THE_COMMIT}\n${block("ts", "outbox(env).commit")}`);
    writeFileSync(join(folder, "handlers.ts"), block("ts", "placeOrder", "docs/start/handlers.md"));
    writeFileSync(join(folder, "email.ts"), block("ts", "email({", "docs/start/emails.md"));
    writeFileSync(join(folder, "provider.ts"), block("ts", "resend({", "docs/start/emails.md"));
    writeFileSync(
      join(folder, "schema.ts"),
      `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
       export const orders = sqliteTable("orders", {
         id: text("id").primaryKey(),
         total: integer("total").notNull(),
         email: text("email"),
         state: text("state"),
         paid: integer("paid", { mode: "boolean" }),
       });`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../../tsconfig.json",
        include: ["*.ts"],
        exclude: [],
        compilerOptions: {
          types: ["@cloudflare/workers-types"],
          paths: { "edge-outbox": ["../../../src/index.ts"] },
        },
      }),
    );
    await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder]).catch((error) =>
      expect(error.stdout).toBe(""),
    );
  });
});
