import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { ExpiringMap } from "../platform/expiring-map.ts";
import type { SeeThrough } from "../platform/see-through.ts";
import { within } from "../platform/within.ts";
import { familiesOf } from "./deployment-families.ts";
import { exposition } from "./exposition.ts";
import { metricLimits } from "./metric-limits.ts";
import { readMetrics } from "./read-metrics.ts";

interface MetricTools {
  db: Database;
  clock: Clock;
  /** Goes on with a reading when the client hangs up, as others may wait for it. */
  seeThrough: SeeThrough;
  storage: { maxBytes: number };
}

/** An isolate's copy of the metrics, as text: read at most once in 10 seconds for the same tenants. */
export class KnownMetrics {
  readonly #texts = new ExpiringMap<string>(metricLimits.answersKept);
  readonly #readings = new Map<string, Promise<string>>();

  async read(tools: MetricTools, tenantIds: readonly string[]): Promise<string> {
    const ids = [...new Set(tenantIds)].toSorted();
    const key = ids.join(" ");
    const known = this.#texts.get(key, tools.clock.now());
    if (known !== undefined) return known;
    const reading = this.#readings.get(key) ?? this.#begin(tools, ids, key);
    try {
      return await within(tools.clock, metricLimits.readingMs, reading);
    } finally {
      // Also after a wait in vain: the request that began it may be gone.
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    }
  }

  #begin(tools: MetricTools, ids: readonly string[], key: string): Promise<string> {
    const reading = tools.seeThrough(this.#readAnew(tools, ids, key));
    this.#readings.set(key, reading);
    return reading;
  }

  async #readAnew({ db, clock, storage }: MetricTools, ids: readonly string[], key: string): Promise<string> {
    const measured = await readMetrics(db, ids, clock.now());
    const text = exposition(familiesOf(measured, storage.maxBytes));
    // From the beginning of the reading: nobody gets numbers that are older.
    this.#texts.set(key, text, measured.at + metricLimits.keptMs, clock.now());
    return text;
  }
}
