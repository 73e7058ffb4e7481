import { PRICES, QUEUE_OPERATIONS, RELAY_GB } from "./prices.ts";
import type { Tally } from "./tally.ts";

/** Figures that the emulator cannot tell, as a network and machines other than Cloudflare's are at work. */
export const ESTIMATES = {
  /** CPU of a commit over HTTP, of each message in it, of a batch of the queue, of each delivery, and of a run of the cron. */
  cpuMs: { request: 2, message: 1, batch: 1, delivery: 1, cron: 10 },
  /** Time for which a relay runs: for a wake, and for an alarm with its three calls of D1 and one of the queue. */
  relayMs: { wake: 5, alarm: 60 },
};

/** Counts of a number of messages, with their purge and the bytes of each. */
export interface Counted {
  tally: Tally;
  messages: number;
  /** Rows of the purge of a message, and bytes of a message in the database. */
  purge: { rowsRead: number; rowsWritten: number };
  bytes: number;
}

/** A factor of the price of a message. */
export interface Line {
  name: string;
  price: keyof typeof PRICES;
  /** Units of it for one message. */
  units: number;
}

/** Factors of the price of a message. The cron is not among them: it runs whether there are messages or not. */
export function billOf({ tally, messages, purge, bytes }: Counted): Line[] {
  const { rows, requests, batches, wakes, alarms, alarmsSet } = tally;
  const { cpuMs, relayMs } = ESTIMATES;
  const each = (count: number) => count / messages;
  const cpu = each(requests * cpuMs.request + batches * cpuMs.batch) + cpuMs.message + cpuMs.delivery;
  const relaySeconds = (wakes * relayMs.wake + alarms * relayMs.alarm) / 1000;
  const read = rows.accept.rowsRead + rows.claim.rowsRead + rows.settle.rowsRead + tally.relayRowsRead;
  return [
    { name: "requests to commit", price: "request", units: each(requests) },
    { name: "batches of the queue", price: "request", units: each(batches) },
    { name: "CPU of both, estimated", price: "cpuMs", units: cpu },
    { name: "rows written: accept", price: "rowWritten", units: each(rows.accept.rowsWritten) },
    { name: "rows written: claim", price: "rowWritten", units: each(rows.claim.rowsWritten) },
    { name: "rows written: settle", price: "rowWritten", units: each(rows.settle.rowsWritten) },
    { name: "rows written: purge", price: "rowWritten", units: purge.rowsWritten },
    { name: "rows read", price: "rowRead", units: each(read) + purge.rowsRead },
    { name: "wakes of a relay", price: "relayRequest", units: each(wakes) },
    { name: "alarms of a relay", price: "relayRequest", units: each(alarms) },
    { name: "running time of both, estimated", price: "relayGbSecond", units: each(relaySeconds * RELAY_GB) },
    { name: "`setAlarm`", price: "relayRowWritten", units: each(alarmsSet + tally.relayRowsWritten) },
    {
      name: "queue: write, read, delete",
      price: "queueOperation",
      units: each(tally.queueChunks * QUEUE_OPERATIONS),
    },
    { name: "logs of invocations", price: "logEvent", units: each(requests + batches + wakes + alarms) },
    { name: "lines of the log", price: "logEvent", units: each(tally.logLines) },
    { name: "bytes for 30 days", price: "storedByte", units: bytes },
  ];
}

/** Factors of a run of the cron, which comes once a minute. */
export function billOfCron({ rows, logLines }: Tally): Line[] {
  return [
    { name: "runs", price: "request", units: 1 },
    { name: "CPU, estimated", price: "cpuMs", units: ESTIMATES.cpuMs.cron },
    { name: "rows written", price: "rowWritten", units: rows.cron.rowsWritten },
    { name: "rows read", price: "rowRead", units: rows.cron.rowsRead },
    { name: "logs", price: "logEvent", units: 1 + logLines },
  ];
}

/** Dollars for a million times the units. */
export function dollarsOf({ price, units }: Line): number {
  return units * PRICES[price].dollars;
}

/** Dollars for a million messages in a month, beyond the plan and what it includes. */
export function dollarsOfMonth(lines: readonly Line[]): number {
  const byPrice = Map.groupBy(lines, ({ price }) => price);
  const beyond = [...byPrice].map(([price, same]) => {
    const { dollars, included } = PRICES[price];
    const millions = same.reduce((sum, { units }) => sum + units, 0) - included / 1e6;
    return Math.max(millions, 0) * dollars;
  });
  return beyond.reduce((sum, one) => sum + one, 0);
}

export function sumOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + dollarsOf(line), 0);
}
