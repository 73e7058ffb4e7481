/** A price of a million units, beyond what the Workers Paid plan includes. */
interface Price {
  dollars: number;
  /** Units that the plan includes each month. */
  included: number;
  /** The price as a table shows it. */
  shown: string;
}

/** Month in which Cloudflare's prices were read, from https://developers.cloudflare.com/workers/platform/pricing/ and its siblings. */
export const PRICES_READ = "November 2026";
export const PLAN_DOLLARS = 5;

export const PRICES = {
  request: { dollars: 0.3, included: 10e6, shown: "$0.30" },
  cpuMs: { dollars: 0.02, included: 30e6, shown: "$0.02, by ms" },
  rowWritten: { dollars: 1, included: 50e6, shown: "$1" },
  rowRead: { dollars: 0.001, included: 25e9, shown: "$0.001" },
  relayRequest: { dollars: 0.15, included: 1e6, shown: "$0.15" },
  /** A Durable Object is billed as 128 MB while it runs. */
  relayGbSecond: { dollars: 12.5, included: 400e3, shown: "$12.50, by GB-s" },
  relayRowWritten: { dollars: 1, included: 50e6, shown: "$1" },
  /** Each 64 KB that are written, read or deleted. */
  queueOperation: { dollars: 0.4, included: 1e6, shown: "$0.40" },
  /** A line, or the log that each invocation leaves while `[observability]` is on. */
  logEvent: { dollars: 0.6, included: 20e6, shown: "$0.60" },
  /** A month is 30 days. */
  storedByte: { dollars: 0.75e-3, included: 5e9, shown: "$0.75 a GB-month" },
} as const satisfies Record<string, Price>;

export const RELAY_GB = 0.128;
export const QUEUE_CHUNK_BYTES = 64_000;
/** A message of a queue is written, read and deleted. */
export const QUEUE_OPERATIONS = 3;

/** Prices that others publish, for a million messages that arrive at the first attempt. */
export const OTHERS: readonly { name: string; price: string; read: string; source: string }[] = [
  {
    name: "Cloudflare Workflows",
    price: "$8 for a million steps, and requests, CPU and storage; a delivery is one step at least",
    read: "November 2026",
    source: "https://developers.cloudflare.com/workflows/reference/pricing/",
  },
  {
    name: "Upstash QStash",
    price: "$10, pay as you go",
    read: "November 2026",
    source: "https://upstash.com/pricing/qstash",
  },
  {
    name: "Svix",
    price: "$100; the Professional plan begins at $490 a month",
    read: "20 September 2026",
    source: "https://www.svix.com/pricing/",
  },
  {
    name: "Hookdeck",
    price:
      "from $39 a month with 10,000 events; further events are metered, at no price in the text of the page",
    read: "20 September 2026",
    source: "https://hookdeck.com/pricing",
  },
];
