import type { Database } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { countVolumes, type VolumeRow } from "./volume-statements.ts";

/** Number of messages. `capped`: counting stopped at the limit, and there may be more. */
interface Volume {
  count: number;
  capped: boolean;
}

/**
 * Counts a tenant's messages of the last 24 hours by event type: the newest 5,000.
 * @returns the volume of a type, 0 for one without messages
 */
export async function readVolumes(
  db: Database,
  tenantId: string,
  now: number,
): Promise<(eventType: string) => Volume> {
  const { results } = await countVolumes(db, tenantId, now - limits.statsWindowMs).all<VolumeRow>();
  const looked = results.reduce((sum, row) => sum + row.looked, 0);
  const counts = new Map(results.map((row) => [row.event_type, row.count]));
  const capped = looked >= limits.volumeCounted;
  return (eventType) => ({ count: counts.get(eventType) ?? 0, capped });
}
