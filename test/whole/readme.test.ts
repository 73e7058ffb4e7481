import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ArrivalDetail, Arrivals } from "../../src/dashboard/inspector/answers.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const LOCAL = "docs/start/local.md";

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
let server: DevServer;

beforeAll(async () => {
  server = await startDevServer({ port: await findFreePort(), data: join(scratch, "data"), vars: {} });
});

afterAll(async () => {
  await server?.kill();
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs commands of pages in a shell, in a folder whose `.dev.vars` has the token. */
async function inShell(...blocks: string[]): Promise<unknown[]> {
  writeFileSync(join(scratch, ".dev.vars"), `OPERATOR_TOKEN=${OPERATOR_TOKEN}\n`);
  const script = blocks
    .join("\n")
    .replaceAll("http://127.0.0.1:8787", server.url)
    // A person looks again, should a second not do.
    .replace(
      /sleep 1; (api .*)/,
      'while $1 | grep -q \'"state":"\\(pending\\|leased\\)"\'; do sleep 0.1; done; $1',
    );
  const { stdout } = await run("bash", ["-c", script], { cwd: scratch });
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const ask = (path: string) =>
  inShell(
    block("sh", "TOKEN=$(sed").split("\n\n")[0] ?? "",
    block("sh", "dev()", LOCAL).split("\n")[0] ?? "",
    `dev ${path}`,
  );

describe("the commands of the README", () => {
  test("a first message: tenant, endpoint, message, its trace; and the built-in receiver has it", async () => {
    const [tenant, endpoint, message] = await inShell(block("sh", "TOKEN=$(sed"));
    expect(tenant).toMatchObject({ id: "acme" });
    expect(endpoint).toMatchObject({ channel: "webhook", state: "enabled" });
    expect(message).toMatchObject({
      eventType: "order.placed",
      deliveries: [{ state: "delivered", attempts: [{ number: 1, outcome: "delivered", httpStatus: 200 }] }],
    });
    const [{ data }] = (await ask("receiver")) as [Arrivals];
    expect(data).toMatchObject([{ name: "hooks", signature: "valid" }]);
    const [{ body, headers }] = (await ask(`receiver/${data[0]?.id}`)) as [ArrivalDetail];
    const { secret } = endpoint as { secret: string };
    const verified = new Webhook(secret).verify(body, Object.fromEntries(headers));
    expect(verified).toMatchObject({ type: "order.placed", data: { orderId: "1001", total: 42 } });
  });

  test("a chosen answer of the receiver, and an e-mail in the mailbox", async () => {
    const [functions = ""] = block("sh", "TOKEN=$(sed").split("\n\n");
    const answers = await inShell(functions, block("sh", "dev()", LOCAL), block("sh", "dev mailbox", LOCAL));
    const [chosen, arrivals, play, email, latest, emails] = answers;
    expect(chosen).toEqual({ answer: "500", seconds: null });
    expect(arrivals).toMatchObject({ answers: { hooks: { answer: "500" } } });
    expect(email).toMatchObject({ eventType: "email", deliveries: 1 });
    const bounces = { address: "ada@example.com", play: "hard_bounced", times: 1 };
    expect(play).toEqual({ plays: [bounces] });
    const { id: messageId } = email as { id: string };
    expect(latest).toMatchObject({ messageId, play: "hard_bounced", text: "We have it." });
    expect(emails).toMatchObject({ data: [{ messageId }], plays: [] });
  });

  test("the code of README.md, handlers.md, channels.md and emails.md passes the strictest types", async () => {
    const folder = join(ROOT, "node_modules/.cache/readme");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "commit.ts"), `${AROUND_THE_COMMIT}\n${block("ts", "outbox(env).commit")}`);
    writeFileSync(join(folder, "handlers.ts"), block("ts", "placeOrder", "docs/start/handlers.md"));
    writeFileSync(join(folder, "channels.ts"), block("ts", "channel({", "docs/start/channels.md"));
    writeFileSync(join(folder, "email.ts"), block("ts", "email({", "docs/start/emails.md"));
    writeFileSync(join(folder, "several.ts"), block("ts", "invite(", "docs/start/emails.md"));
    writeFileSync(join(folder, "provider.ts"), block("ts", "postmark({", "docs/start/emails.md"));
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
