/// <reference types="node" />
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";

/** How an account differs from one on which all goes well. */
export interface Account {
  /** Uploads with limits are refused as on the free plan. */
  isFree?: boolean;
  /** Statements that D1 swallows. */
  loses?: RegExp;
}

interface Call {
  method: string;
  path: string;
  body: string;
}

interface Refusal {
  status: number;
  code: number;
  message: string;
}

const DATABASE = "00000000-0000-0000-0000-000000000001";

/**
 * Cloudflare's API, as far as `wrangler deploy`, `wrangler d1` and drizzle-kit call it: a database that is a real SQLite, and uploads
 * that are counted.
 */
export class CloudflareApi {
  readonly account: Account;
  readonly database = new DatabaseSync(":memory:");
  readonly calls: Call[] = [];
  readonly #server = createServer();

  private constructor(account: Account) {
    this.account = account;
    this.#server.on("request", (request, response) => {
      void readBody(request).then((body) => {
        const { pathname } = new URL(request.url ?? "", "http://api");
        const call = { method: request.method ?? "", path: pathname, body };
        this.calls.push(call);
        const answer = this.#answer(call);
        const failed = answer instanceof Object && "status" in answer ? (answer as Refusal) : undefined;
        response.writeHead(failed?.status ?? 200, { "content-type": "application/json" });
        const errors = failed ? [{ code: failed.code, message: failed.message }] : [];
        const result = failed ? null : answer;
        const page = { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 };
        response.end(JSON.stringify({ success: !failed, errors, messages: [], result, result_info: page }));
      });
    });
  }

  static async start(account: Account = {}): Promise<CloudflareApi> {
    const api = new CloudflareApi(account);
    await new Promise<void>((listening) => api.#server.listen(0, "127.0.0.1", listening));
    return api;
  }

  /** Environment that makes wrangler call it. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: "a token",
      CLOUDFLARE_ACCOUNT_ID: "account",
    };
  }

  /** The uploads of a Worker. */
  get uploads(): Call[] {
    return this.calls.filter(
      ({ method, path }) => method !== "GET" && /\/workers\/scripts\/[^/]+(\/versions)?$/.test(path),
    );
  }

  /** The SQL that D1 was sent. */
  get queries(): string[] {
    return this.calls.filter(({ path }) => path.endsWith("/query")).map(({ body }) => JSON.parse(body).sql);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer({ method, path, body }: Call): unknown {
    if (/\/d1\/database\/[^/]+\/(query|raw)$/.test(path))
      return this.#query(JSON.parse(body), path.endsWith("raw"));
    if (/\/d1\/database(\/[^/]+)?$/.test(path)) {
      const database = {
        uuid: DATABASE,
        name: "edge-outbox",
        version: "production",
        created_at: "2026-11-29T00:00:00Z",
      };
      return path.endsWith("/database") ? [database] : database;
    }
    // There is no such Worker yet.
    if (/\/workers\/services\/[^/]+$/.test(path)) return { status: 404, code: 10_090, message: "not found" };
    if (/\/workers\/workers\/[^/]+$/.test(path))
      return { subdomain: { enabled: true, previews_enabled: false } };
    if (path.endsWith("/queues")) {
      return [{ queue_id: "queue", queue_name: "any", producers: [], consumers: [], settings: {} }];
    }
    if (path.endsWith("/settings")) return { bindings: [], tags: [] };
    if (path.endsWith("/deployments")) return { deployments: [] };
    if (path.endsWith("/subdomain")) return { subdomain: "acme", enabled: true, previews_enabled: false };
    if (method !== "GET" && this.account.isFree && body.includes('"cpu_ms"')) {
      return {
        status: 400,
        code: 100_328,
        message: "CPU limits are not supported for the Free plan. Switch to a paid plan to set CPU limits.",
      };
    }
    return method === "GET" ? [] : {};
  }

  #query({ sql, params = [] }: { sql: string; params?: (string | number | null)[] }, raw: boolean) {
    if (this.account.loses?.test(sql)) sql = sql.replace(this.account.loses, "");
    const statement =
      params.length > 0 || /^\s*(select|pragma)/i.test(sql) ? this.database.prepare(sql) : undefined;
    const results = statement?.all(...params) ?? [];
    if (!statement) this.database.exec(sql);
    const meta = {
      duration: 0,
      changes: 0,
      last_row_id: 0,
      rows_read: 0,
      rows_written: 0,
      changed_db: true,
      size_after: 0,
    };
    const columns = Object.keys(results[0] ?? {});
    const rows = results.map((row) => Object.values(row));
    return [{ results: raw ? { columns, rows } : results, success: true, meta }];
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
