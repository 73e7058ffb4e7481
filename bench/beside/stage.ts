import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevServer, findFreePort, startDevServer } from "../../test/support/programs/dev-server.ts";
import { OutboxContender } from "./outbox.ts";
import { postJson } from "./post-json.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

/** Programs that run from the first measurement to the last, idle while they are not measured. */
export interface Stage {
  receiver: Receiver;
  outbox: OutboxContender;
  bare: DevServer;
  /** Answers the number of a new run, so that tenants and messages of different runs never mix. */
  nextRun(): number;
}

/** Starts the outbox, the bare Worker and the receiver for as long as `play` takes. */
export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const data = ["outbox", "bare"].map((name) => mkdtempSync(join(tmpdir(), `edge-outbox-bench-${name}-`)));
  const [outboxData = "", bareData = ""] = data;
  const servers: DevServer[] = [];
  const start = async (options: { data: string; entry?: string }) => {
    const server = await startDevServer({ port: await findFreePort(), vars: {}, ...options });
    servers.push(server);
    return server;
  };
  // Servers have process groups of their own, which would outlive a bench that is interrupted.
  process.once("exit", () => {
    for (const server of servers) void server.kill();
    for (const folder of data) rmSync(folder, { recursive: true, force: true });
  });
  const receiver = await startReceiver();
  try {
    const outbox = new OutboxContender(await start({ data: outboxData }));
    const bare = await start({ data: bareData, entry: "bench/bare/worker.ts" });
    await postJson(`${bare.url}/setup`, "{}");
    let run = 0;
    await play({ receiver, outbox, bare, nextRun: () => ++run });
  } finally {
    receiver.stop();
    for (const server of servers) await server.stop();
  }
}
