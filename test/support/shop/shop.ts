/// <reference types="node" />
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endGroup, findFreePort, OPERATOR_TOKEN, waitUntil } from "../programs/dev-server.ts";
import { type Packed, pack } from "../programs/pack.ts";
import { QUIET, ROOT, run, WRANGLER } from "../programs/run.ts";

const TSC = join(ROOT, "node_modules/.bin/tsc");

/** An app of somebody who has installed the package: test/shop, in a folder of its own. */
export class Shop {
  readonly folder = mkdtempSync(join(tmpdir(), "edge-outbox-shop-"));
  #stop: (() => Promise<void>) | undefined;

  /** `npm pack` of this repository, and `npm install` of what it made. */
  async install(): Promise<Packed> {
    const packed = await pack();

    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const types = "@cloudflare/workers-types";
    const manifest = {
      name: "shop",
      private: true,
      type: "module",
      dependencies: { "edge-outbox": `file:${packed.tarball}`, "drizzle-orm": dependencies["drizzle-orm"] },
      devDependencies: { [types]: devDependencies[types] },
    };
    writeFileSync(join(this.folder, "package.json"), JSON.stringify(manifest));
    await run(this.folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund");

    cpSync(join(ROOT, "test/shop"), this.folder, { recursive: true });
    const migrations = join(this.folder, "node_modules/edge-outbox/migrations");
    cpSync(migrations, join(this.folder, "migrations"), { recursive: true });
    const key = Buffer.alloc(32, "a key of a test's").toString("base64");
    const settings = [
      `OPERATOR_TOKEN=${OPERATOR_TOKEN}`,
      `SECRET_KEYS=shop:${key}`,
      "ENVIRONMENT=development",
      "ALLOW_LOOPBACK_ENDPOINTS=true",
    ];
    writeFileSync(join(this.folder, ".dev.vars"), settings.join("\n"));
    return packed;
  }

  wrangler(...args: string[]): Promise<string> {
    return run(this.folder, process.execPath, WRANGLER, ...args);
  }

  /** Complaints of the strictest types about these files and the package; other packages are not examined. */
  async misfits(compilerOptions: object, files: string[]): Promise<string[]> {
    const strict = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { skipLibCheck: false, incremental: false, rootDir: "/", ...compilerOptions },
      include: [],
      files,
    };
    writeFileSync(join(this.folder, "tsconfig.json"), JSON.stringify(strict));
    const { stdout } = await promisify(execFile)(TSC, ["-p", "."], { cwd: this.folder, env: QUIET }).catch(
      (e) => e,
    );
    return String(stdout)
      .split("\n")
      .filter((line) => /^\S/.test(line) && !/^node_modules\/(?!edge-outbox\/)/.test(line));
  }

  /** `wrangler dev`, ready when this returns. */
  async start(): Promise<string> {
    const port = await findFreePort();
    const flags = ["dev", `--port=${port}`, "--inspector-port=0", "--log-level=log"];
    const child = spawn(process.execPath, [WRANGLER, ...flags], {
      cwd: this.folder,
      env: QUIET,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#stop = () => endGroup(child, "SIGKILL");
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output = (output + chunk).slice(-5_000);
      });
    }
    const url = `http://127.0.0.1:${port}`;
    const isReady = () =>
      fetch(`${url}/health`).then(
        (response) => response.ok,
        () => false,
      );
    await waitUntil("wrangler dev to be ready", async () => {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}`);
      return isReady();
    }).catch((cause) => {
      throw new Error(`wrangler dev did not start:\n${output}`, { cause });
    });
    return url;
  }

  async close(): Promise<void> {
    await this.#stop?.();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
