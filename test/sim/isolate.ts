import { Gauge } from "../../src/db/gauge.ts";
import { KnownTypes } from "../../src/outbox/known-types.ts";
import type { WakesInFlight } from "../../src/outbox/waker.ts";

/** A copy of the Worker in memory. Requests and consumers share it, and what it remembers outlives them. */
export class Isolate {
  readonly wakesInFlight: WakesInFlight = new Map();
  readonly types = new KnownTypes();
  readonly gauge = new Gauge();
}
