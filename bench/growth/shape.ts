/** A database of one size. */
export interface Shape {
  name: string;
  /** Settled messages of the tenant that is measured. */
  settled: number;
  /** Deliveries of that tenant that are due, beside the settled ones. Defaults to 0. */
  backlog?: number;
  /** Tenants beside it, each with so many settled messages. Defaults to none. */
  others?: { tenants: number; each: number };
}

/** Operations, in the order in which a message meets them. */
export const OPERATIONS = [
  "accept, one message",
  "sweep",
  "claim, a drain of 160",
  "settle, two tasks of 80",
  "list, 50 messages",
  "list, 50 deliveries",
  "statistics of a tenant",
  "report of GET /health",
  "purge, 10 messages",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Traffic to D1 of one operation, and its time. */
export interface Cost {
  rowsRead: number;
  rowsWritten: number;
  ms: number;
}
