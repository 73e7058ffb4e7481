import { type Database, inOneBatch } from "../db/database.ts";
import type { RepairPlace } from "../db/schema.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { freeStuckHeads, selectLastEntry, selectRepairPlace, writeRepairPlace } from "./report-statements.ts";

interface RepairTools {
  db: Database;
  clock: Clock;
  log: Log;
}

const FROM_THE_FIRST: RepairPlace = { tenantId: "", endpointId: "", orderingKey: "", seq: 0 };

/**
 * The cron: looks for stuck ordering keys, whose first delivery waits behind nothing. Only the trigger frees the next
 * of a key, so a key would stick for ever if the trigger was missing for a while, or rows were changed by hand.
 * Examines some entries at a time, in rotation; a freed delivery is due, and the next sweep wakes its tenant. Never
 * throws.
 */
export async function repair({ db, log }: RepairTools): Promise<void> {
  try {
    const row = await selectRepairPlace(db).first<{ repair_after: string | null }>();
    const place: RepairPlace = row?.repair_after ? JSON.parse(row.repair_after) : FROM_THE_FIRST;
    const [freed, last] = await inOneBatch(db, [
      [freeStuckHeads(db, place, limits.keysPerRepair)],
      [selectLastEntry(db, place, limits.keysPerRepair)],
    ]);
    const stuck = (freed?.[0]?.results ?? []) as { tenant_id: string; endpoint_id: string; seq: number }[];
    for (const { tenant_id: tenant, endpoint_id: endpoint, seq: sequence } of stuck) {
      log("key.repaired", { tenant, endpoint, sequence });
    }
    const next = (last?.[0]?.results[0] as RepairPlace | undefined) ?? null;
    if (next !== null || place !== FROM_THE_FIRST) await writeRepairPlace(db, next).run();
  } catch (error) {
    log("key.repair_failed", { error: describeError(error) });
  }
}
