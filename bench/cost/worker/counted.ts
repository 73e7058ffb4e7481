import { env } from "cloudflare:workers";
import type { OutboxEnv } from "../../../src/index.ts";
import { DEFAULT_LOG_SETTINGS, LOG_LEVELS, type LogLine } from "../../../src/platform/log-lines.ts";
import type { DeliveryTask } from "../../../src/relay/delivery-task.ts";
import { countingDb, type D1Bill } from "../../../test/support/database/counting-db.ts";
import { QUEUE_CHUNK_BYTES } from "../prices.ts";
import type { Asker, Tally } from "../tally.ts";

export interface Env extends OutboxEnv {
  DB: D1Database;
  WEBHOOK_QUEUE: Queue<DeliveryTask>;
}

/** The Worker's own bindings. Its relays run in the same isolate here, so that one tally serves all. */
export const bindings = env as unknown as Env;

const nothing = () => ({
  ...{ requests: 0, batches: 0, crons: 0, queueChunks: 0, logLines: 0 },
  ...{ wakes: 0, alarms: 0, alarmsSet: 0, relayRowsRead: 0, relayRowsWritten: 0 },
});
export const counts: Omit<Tally, "rows"> = nothing();

interface Counted {
  env: Env;
  db: D1Database;
  bill: D1Bill;
}

/** Bindings of each part, whose database and queue are counted. */
const parts = new Map<Asker, Counted>(
  (["accept", "claim", "settle", "cron"] as const).map((asker) => {
    const { db, bill } = countingDb(bindings.DB);
    const counted = { ...bindings, WEBHOOK_QUEUE: countedQueue(bindings.WEBHOOK_QUEUE) };
    return [asker, { env: counted, db: db as D1Database, bill }];
  }),
);

export function envOf(asker: Asker): Env {
  return (parts.get(asker) as Counted).env;
}

/** The counted database of a part, by its bindings. */
export function databaseOf(env: Env): D1Database {
  const part = [...parts.values()].find((one) => one.env === env);
  if (!part) throw new Error("A part of the Worker asks D1 without being counted");
  return part.db;
}

function countedQueue(queue: Queue<DeliveryTask>): Queue<DeliveryTask> {
  const sendBatch: typeof queue.sendBatch = (messages, options) => {
    const all = [...messages];
    for (const { body } of all) {
      const bytes = new TextEncoder().encode(JSON.stringify(body)).length;
      counts.queueChunks += Math.ceil(bytes / QUEUE_CHUNK_BYTES);
    }
    return queue.sendBatch(all, options);
  };
  return { sendBatch } as Queue<DeliveryTask>;
}

export function tally(): Tally {
  const rowsOf = (asker: Asker) => {
    const { rowsRead, rowsWritten } = (parts.get(asker) as Counted).bill;
    return { rowsRead, rowsWritten };
  };
  const rows = {
    accept: rowsOf("accept"),
    claim: rowsOf("claim"),
    settle: rowsOf("settle"),
    cron: rowsOf("cron"),
  };
  return { ...counts, rows };
}

export function beginAnew(): void {
  Object.assign(counts, nothing());
  for (const { bill } of parts.values()) Object.assign(bill, { roundTrips: 0, rowsRead: 0, rowsWritten: 0 });
}

/** Counts a line as far as the default settings tell it: of those below the level, one in so many. */
export function countLine({ level }: LogLine): void {
  const { level: least, sampleRate } = DEFAULT_LOG_SETTINGS;
  const isTold = LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least);
  counts.logLines += isTold ? 1 : sampleRate;
}

const alarmsAhead = new Set<string>();

export function countAlarmsAhead(): number {
  return alarmsAhead.size;
}

/** Notes that an alarm went off. */
export function noteAlarm({ id }: DurableObjectState): void {
  counts.alarms++;
  alarmsAhead.delete(id.toString());
}

/** Counts what a relay reads and writes in its storage. */
export function countStorage({ id, storage }: DurableObjectState): void {
  const watch = (name: "setAlarm" | "getAlarm" | "get" | "put", note: () => void) => {
    const act = storage[name] as (...given: unknown[]) => unknown;
    const counted = (...given: unknown[]) => {
      note();
      return act.apply(storage, given);
    };
    Object.defineProperty(storage, name, { value: counted });
  };
  watch("setAlarm", () => {
    counts.alarmsSet++;
    alarmsAhead.add(id.toString());
  });
  watch("put", () => counts.relayRowsWritten++);
  watch("getAlarm", () => counts.relayRowsRead++);
  watch("get", () => counts.relayRowsRead++);
}
