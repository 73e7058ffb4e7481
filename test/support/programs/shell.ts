/// <reference types="node" />
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { endGroup, waitUntil } from "./dev-server.ts";
import { QUIET, ROOT, WRANGLER } from "./run.ts";

/** The project's own tools instead of those that a reader installs, and no ports that others could have. */
const PRELUDE = `
set -eo pipefail
npm() {
  if [ "$1 $2" != "install --save-dev" ]; then command npm "$@"; return; fi
  for name in "\${@:3}"; do
    mkdir -p "node_modules/$(dirname "$name")"
    ln -sfn "${join(ROOT, "node_modules")}/$(own "$name")" "node_modules/$name"
  done
}
own() { if [ "$1" = @cloudflare/vitest-plugin ]; then echo @cloudflare/vitest-pool-workers; else echo "$1"; fi; }
npx() {
  case "$1" in
    wrangler)
      shift
      if [ "$1" = dev ]; then set -- "$@" --port "$DEV_PORT" --inspector-port 0; fi
      "${process.execPath}" "${WRANGLER}" "$@" ;;
    tsc) "${join(ROOT, "node_modules/.bin/tsc")}" ;;
    vitest) shift; "${process.execPath}" "${join(ROOT, "node_modules/vitest/vitest.mjs")}" "$@" ;;
    *) command npx "$@" ;;
  esac
}
`;

function environment(folder: string, devPort: number): NodeJS.ProcessEnv {
  return {
    ...QUIET,
    PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
    DEV_PORT: String(devPort),
    // Nobody finds the Workers of other tests, which can have the same names.
    WRANGLER_REGISTRY_PATH: join(dirname(folder), "registry"),
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
  };
}

/** Something that runs in a process group of its own, and what it shows. */
abstract class Running {
  protected readonly child: ChildProcess;
  protected shown = "";

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.shown += stripVTControlCharacters(chunk.toString("utf8"));
      });
    }
  }

  get output(): string {
    return this.shown;
  }

  /** At once, as a power cut would. */
  async end(): Promise<void> {
    await endGroup(this.child, "SIGKILL");
  }

  /** @throws when it ends before that, or does not come to it, with its output */
  async until(what: string, isThere: (output: string) => boolean): Promise<void> {
    await waitUntil(what, async () => {
      if (isThere(this.shown)) return true;
      if (this.child.exitCode !== null) throw new Error(`It ended with ${this.child.exitCode}`);
      return false;
    }).catch((cause) => {
      throw new Error(`${cause.message}. It has shown:\n${this.shown.slice(-5_000)}`, { cause });
    });
  }
}

/** A terminal in which something runs on. */
export class Terminal extends Running {
  constructor(folder: string, code: string, devPort: number) {
    super(
      spawn("bash", ["-c", `${PRELUDE}${code}`], {
        cwd: folder,
        env: environment(folder, devPort),
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }
}

/** One bash, which keeps what it was told: variables, functions. */
export class Shell extends Running {
  readonly #scripts = mkdtempSync(join(tmpdir(), "edge-outbox-shell-"));
  #runs = 0;

  constructor(folder: string, devPort: number) {
    super(
      spawn("bash", ["--norc"], {
        cwd: folder,
        env: environment(folder, devPort),
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
      }),
    );
    this.child.stdin?.write(`exec 2>&1\n${PRELUDE}`);
  }

  /** @returns what it prints. @throws when one of its commands fails */
  async run(code: string): Promise<string> {
    const [script, mark] = [join(this.#scripts, "run.sh"), `--- done ${++this.#runs}`];
    writeFileSync(script, code);
    this.shown = "";
    // Not from what bash itself reads: a command that asks would read the rest.
    this.child.stdin?.write(`source '${script}' < /dev/null\nprintf '\\n%s\\n' '${mark}'\n`);
    await this.until(`this to end:\n${code}`, (output) => output.includes(`${mark}\n`));
    return this.shown.replace(`\n${mark}\n`, "");
  }

  override async end(): Promise<void> {
    await super.end();
    rmSync(this.#scripts, { recursive: true, force: true });
  }
}
