/** Parts of the Worker that ask D1. */
export type Asker = "accept" | "claim" | "settle" | "cron";

/** Operations that were counted, all of which Cloudflare bills. */
export interface Tally {
  /** Requests of the API, batches of a queue, and runs of the cron. */
  requests: number;
  batches: number;
  crons: number;
  /** Calls of relays, runs of their alarms, and rows that they read and wrote. */
  wakes: number;
  alarms: number;
  alarmsSet: number;
  relayRowsRead: number;
  relayRowsWritten: number;
  /** Chunks of 64 KB that queues were sent. */
  queueChunks: number;
  /** Lines of the log, at the default level. */
  logLines: number;
  rows: Record<Asker, { rowsRead: number; rowsWritten: number }>;
}

/** Answer of the Worker: the tally, and the state of its database and relays. */
export interface Standing extends Tally {
  unsettled: number;
  messages: number;
  bytes: number;
  /** Relays whose alarm is set. */
  alarmsAhead: number;
}
