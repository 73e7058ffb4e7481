import { parseArgs } from "node:util";

/** Distances of the emulated network, and bounds of a run. */
export interface Parameters {
  /** Consumers of a queue at most. Undefined: as many as Cloudflare runs, and for the mixed bench a single one, too. */
  consumers: number | undefined;
  queueMs: number;
  d1Ms: number;
  relayMs: number;
  /** Milliseconds until the receivers answer. Undefined: several, one after another. */
  receiverMs: number | undefined;
  /** Number of slow endpoints. Undefined: several, one after another. */
  endpoints: number | undefined;
  /** Seconds of a measurement. */
  seconds: number;
  /** True: coarse, to see that everything runs. */
  quick: boolean;
}

/** Consumers of a queue that Cloudflare runs at most. */
export const MOST_CONSUMERS = 250;

/** Assumptions: Cloudflare promises no latencies. */
const DEFAULTS = { "queue-ms": 60, "d1-ms": 20, "relay-ms": 10 };

/** Reads the flags of a bench. */
export function readParameters(args: readonly string[]): Parameters {
  const number = { type: "string" } as const;
  const distances = { consumers: number, "queue-ms": number, "d1-ms": number, "relay-ms": number };
  const bounds = { "receiver-ms": number, endpoints: number, seconds: number };
  const quick = { type: "boolean", default: false } as const;
  const { values } = parseArgs({ args: [...args], options: { ...distances, ...bounds, quick } });
  const numberOf = (name: keyof typeof DEFAULTS) => toNumber(name, values[name]) ?? DEFAULTS[name];
  return {
    consumers: toNumber("consumers", values.consumers),
    queueMs: numberOf("queue-ms"),
    d1Ms: numberOf("d1-ms"),
    relayMs: numberOf("relay-ms"),
    receiverMs: toNumber("receiver-ms", values["receiver-ms"]),
    endpoints: toNumber("endpoints", values.endpoints),
    seconds: toNumber("seconds", values.seconds) ?? (values.quick ? 5 : 15),
    quick: values.quick,
  };
}

function toNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number, not "${text}"`);
  return value;
}

/** Describes the emulated network. */
export const describeParameters = ({
  consumers = MOST_CONSUMERS,
  queueMs,
  d1Ms,
  relayMs,
}: Parameters): string =>
  `at most ${consumers} consumers of a queue; a message is handed out ${queueMs} ms after it is sent; a round trip takes ${d1Ms} ms more to D1, and ${relayMs} ms more to a relay`;
