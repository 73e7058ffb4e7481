import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestHarness } from "wrangler";
import { type Answer, type Received, startReceiver } from "../../support/outside/receiver-server.ts";
import { waitUntil } from "../../support/programs/dev-server.ts";
import { runAloud, WRANGLER } from "../../support/programs/run.ts";

const TOKEN = "operator-token-of-a-bundle";

const vars = {
  ENVIRONMENT: "development",
  ALLOW_LOOPBACK_ENDPOINTS: "true",
  RETRY_SCHEDULE: "0.1",
  EMAIL_DEV: "live",
  EMAIL_DEV_ALLOW: "ada@example.com",
  EMAIL_PROVIDER: "binding",
  EMAIL_FROM: "outbox@example.com",
};
const secrets = { OPERATOR_TOKEN: TOKEN, SECRET_KEYS: `test:${btoa("a key that seals in tests only..")}` };

/** What `wrangler deploy` would upload of a project. */
export interface Build {
  folder: string;
  outdir: string;
  /** What wrangler has said. */
  said: string;
}

export async function build(folder: string, ...flags: string[]): Promise<Build> {
  const outdir = mkdtempSync(join(tmpdir(), "edge-outbox-bundle-"));
  const args = ["deploy", "--dry-run", "--outdir", outdir, ...flags];
  const { stdout, stderr } = await runAloud(folder, process.execPath, WRANGLER, ...args);
  const said = stdout + stderr;
  return { folder, outdir, said };
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
type Body = any;

/** The uploaded bytes themselves, run by workerd with a database, queues and Durable Objects of their own. */
export class BuiltWorker {
  readonly #harness: ReturnType<typeof createTestHarness>;
  readonly #receiver: Awaited<ReturnType<typeof startReceiver>>;
  readonly #outdir: string;
  #names = 0;

  private constructor(
    { folder, outdir }: Build,
    receiver: Awaited<ReturnType<typeof startReceiver>>,
    more: Record<string, string>,
  ) {
    const configPath = join(folder, "wrangler.toml");
    this.#harness = createTestHarness({
      root: folder,
      workers: [{ configPath, prebuiltWorkerDir: outdir, vars: { ...vars, ...more }, secrets }],
    });
    this.#receiver = receiver;
    this.#outdir = outdir;
  }

  static async start(built: Build, more: Record<string, string> = {}): Promise<BuiltWorker> {
    const worker = new BuiltWorker(built, await startReceiver(), more);
    await worker.#harness.listen();
    await worker.#harness.getWorker().applyD1Migrations("DB");
    return worker;
  }

  async close(): Promise<void> {
    await this.#harness.close();
    await this.#receiver.stop();
    rmSync(this.#outdir, { recursive: true, force: true });
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
    // Numbers that JavaScript cannot hold are sent as text.
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const response = await this.#harness.fetch(path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      ...(text !== undefined && { body: text }),
    });
    const answer = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, body: isJson ? JSON.parse(answer) : answer };
  }

  /** A name that nothing else has. */
  newName(): string {
    return `t${++this.#names}`;
  }

  /** The path of a tenant that nothing else uses. */
  async createTenant(id = this.newName()): Promise<string> {
    const { status } = await this.call("POST", "/v1/tenants", { id });
    if (status !== 201) throw new Error(`The tenant was not made: ${status}`);
    return `/v1/tenants/${id}`;
  }

  /** An address that answers as told, and what has come to it so far. */
  async createHook(...answers: Answer[]): Promise<{ url: string; received: () => Promise<Received[]> }> {
    const name = this.newName();
    const { url } = this.#receiver;
    await fetch(`${url}/program/${name}`, { method: "PUT", body: JSON.stringify(answers) });
    return {
      url: `${url}/hooks/${name}`,
      received: async () => (await (await fetch(`${url}/received/${name}`)).json()) as Received[],
    };
  }

  /** The message, once all of its deliveries are settled. */
  async settled(tenant: string, id: string): Promise<Body> {
    let message: Body;
    await waitUntil(`${id} to be settled`, async () => {
      ({ body: message } = await this.call("GET", `${tenant}/messages/${id}`));
      return message.deliveries.every(({ state }: Body) =>
        ["delivered", "dead", "cancelled"].includes(state),
      );
    });
    return message;
  }

  /** The cron, as the platform calls it. */
  async ringCron(): Promise<void> {
    await this.#harness.getWorker().scheduled({ cron: "* * * * *", scheduledTime: new Date() });
  }

  /** The lines of its log so far, each as JSON. */
  logged(): Body[] {
    return this.#harness.getLogs().flatMap(({ message }) => {
      const text = String(message);
      return text.startsWith("{") ? [JSON.parse(text)] : [];
    });
  }
}
