/** A peer in a process of its own: `peer-process.ts NAME`. It stays warm from one run to the next. */
import { argv } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { messagesOf } from "../beside/load.ts";
import { postJson } from "../beside/post-json.ts";
import { graphileWorker } from "./graphile-worker.ts";
import type { Database, Delivering, Peer } from "./peer.ts";
import type { Answer, Order } from "./peer-contender.ts";
import { pgBoss } from "./pg-boss.ts";
import { pgTransactionalOutbox } from "./pg-transactional-outbox.ts";

const PEERS: Readonly<Record<string, Peer>> = {
  "pg-boss": pgBoss,
  "graphile-worker": graphileWorker,
  "pg-transactional-outbox": pgTransactionalOutbox,
};

const peer = PEERS[argv[2] ?? ""];
if (!peer) throw new Error(`No peer is named ${argv[2]}`);
let delivering: Delivering | undefined;

async function carryOut(order: Order): Promise<void> {
  if (order.do === "start") return delivering?.start();
  if (order.do === "stop") return delivering?.stop();
  const { database, load, run, setting, receiverUrl } = order;
  await makeAnew(database);
  delivering = await peer?.prepare({
    database,
    messages: messagesOf(load, run),
    ordered: load.keys > 0,
    setting,
    send: async ({ path, payload }) => {
      await postJson(receiverUrl + path, JSON.stringify(payload));
    },
  });
  await settleDown(database);
}

/** Makes an empty database, once the connections of the run before have closed. */
async function makeAnew({ database, ...server }: Database) {
  const client = new pg.Client({ ...server, database: "postgres" });
  await client.connect();
  const slots = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1";
  await client.query(slots, [database]);
  const connected = "SELECT 1 FROM pg_stat_activity WHERE datname = $1";
  while ((await client.query(connected, [database])).rowCount) await pause(50);
  await client.query(`DROP DATABASE IF EXISTS "${database}"`);
  await client.query(`CREATE DATABASE "${database}"`);
  await client.end();
}

/** Vacuums and writes a checkpoint, before PostgreSQL would do so by itself while the time runs. */
async function settleDown(database: Database) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query("VACUUM ANALYZE");
  await client.query("CHECKPOINT");
  await client.end();
}

const say = (answer: Answer) => process.send?.(answer);

process.on("message", (order: Order) => {
  carryOut(order).then(
    () => say({ kind: "done" }),
    (error: Error) => say({ kind: "failed", message: error.stack ?? String(error) }),
  );
});
process.on("disconnect", () => process.exit());
say({ kind: "ready", ordered: peer.ordered, unordered: peer.unordered });
