import { KnownAccounts } from "../../src/channels/email/account-desk.ts";
import { Gauge } from "../../src/db/gauge.ts";
import type { WakesInFlight } from "../../src/outbox/waker.ts";
import { newTypes, payloadSchemas } from "../support/known-types.ts";

/** A copy of the Worker in memory. Requests and consumers share it, and what it remembers outlives them. */
export class Isolate {
  readonly wakesInFlight: WakesInFlight = new Map();
  readonly payloadSchemas = payloadSchemas;
  readonly types = newTypes();
  readonly gauge = new Gauge();
  readonly accounts = new KnownAccounts();
}
