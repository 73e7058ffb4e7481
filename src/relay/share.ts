import type { ScheduleRow } from "./statements.ts";
import type { Window } from "./windows.ts";

/** An endpoint, and the deliveries that it has in flight. */
type InFlight = Pick<ScheduleRow, "in_flight"> & { window: Window };

/**
 * Share of the consumers' time that a tenant's tasks may take at once. Endpoints that are slow, or that nobody has seen yet,
 * have one of their own: they must not keep it from the others.
 */
export class Share {
  readonly #leftMs: { proven: number; unproven: number };

  /** @param schedule the tenant's endpoints, with the deliveries that are in flight */
  constructor(schedule: readonly InFlight[], shareMs: number) {
    this.#leftMs = { proven: shareMs, unproven: shareMs };
    for (const row of schedule) this.take(row, row.in_flight);
  }

  hasRoom(row: InFlight): boolean {
    return this.#leftMs[kindOf(row)] > 0;
  }

  /** Answers the wanted number, or as many whole packs as there is time for. */
  limit(row: InFlight, wanted: number): number {
    const { pack, packMs } = row.window;
    const packs = Math.ceil(Math.max(this.#leftMs[kindOf(row)], 0) / packMs);
    return Math.min(wanted, packs * pack);
  }

  take(row: InFlight, deliveries: number): void {
    const { pack, packMs } = row.window;
    this.#leftMs[kindOf(row)] -= Math.ceil(deliveries / pack) * packMs;
  }
}

const kindOf = ({ window }: InFlight) => (window.isProven ? "proven" : "unproven");
