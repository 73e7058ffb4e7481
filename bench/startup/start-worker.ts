import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { findFreePort, waitUntil } from "../../test/support/programs/dev-server.ts";
import { ROOT } from "../../test/support/programs/run.ts";
import { cpuMsOf } from "../process.ts";

const WORKERD = join(ROOT, "node_modules/.bin/workerd");

/** Bindings by name alone: a Worker asks at its start whether they are there. */
const BINDINGS = ["DB", "RELAY", "EMAIL", "WEBHOOK_QUEUE", "EMAIL_QUEUE", "HANDLER_QUEUE"];
const VARIABLES = { ENVIRONMENT: "development", EMAIL_PROVIDER: "binding", EMAIL_FROM: "outbox@example.com" };

export interface Start {
  /** Processor time until a request could be answered. */
  startMs: number;
  /** Processor time of the first request that the Worker itself answers, and of the second. */
  firstMs: number;
  secondMs: number;
}

/**
 * Starts a fresh workerd with this bundle. A Worker beside it tells when all of them are loaded. `unused`: another bundle,
 * which is compiled as a module of the first, and never evaluated.
 */
export async function startWorker(file: string, unused?: string): Promise<Start> {
  const [port, toldBy] = [await findFreePort(), await findFreePort()];
  const config = join(dirname(file), "startup.capnp");
  writeFileSync(config, configOf([file, ...(unused ? [unused] : [])], port, toldBy));
  const workerd = spawn(WORKERD, ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  workerd.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const ask = (url: string) => fetch(url).then((response) => response.text());
  try {
    await waitUntil("workerd", async () => {
      if (workerd.exitCode !== null) throw new Error(said);
      return ask(`http://127.0.0.1:${toldBy}/`).then(
        () => true,
        () => false,
      );
    });
    const pid = workerd.pid ?? 0;
    const startMs = cpuMsOf(pid);
    await ask(`http://127.0.0.1:${port}/v1/tenants`);
    const afterFirst = cpuMsOf(pid);
    await ask(`http://127.0.0.1:${port}/v1/tenants`);
    return { startMs, firstMs: afterFirst - startMs, secondMs: cpuMsOf(pid) - afterFirst };
  } finally {
    workerd.kill("SIGKILL");
    await once(workerd, "exit");
    rmSync(config);
  }
}

function configOf(files: readonly string[], port: number, toldBy: number): string {
  const text = (name: string, value: string) => `(name = "${name}", text = ${JSON.stringify(value)})`;
  const bindings = [
    ...BINDINGS.map((name) => text(name, "there")),
    ...Object.entries(VARIABLES).map(([name, value]) => text(name, value)),
  ];
  const modules = files.map((file, n) => {
    const path = relative(dirname(files[0] ?? ""), file);
    return `(name = "module-${n}.js", esModule = embed ${JSON.stringify(path)})`;
  });
  const socket = (name: string, at: number) =>
    `(name = "${name}", address = "127.0.0.1:${at}", http = (), service = "${name}")`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker), (name = "teller", worker = .teller)],
  sockets = [${socket("worker", port)}, ${socket("teller", toldBy)}],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-11-01",
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [(className = "TenantRelay", uniqueKey = "relay")],
  durableObjectStorage = (inMemory = void),
);
const teller :Workerd.Worker = (
  modules = [(name = "teller.js", esModule = "export default { fetch: () => new Response() }")],
  compatibilityDate = "2026-11-01",
);
`;
}
