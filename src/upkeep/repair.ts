import { type Database, inOneBatch } from "../db/database.ts";
import type { RepairCursor } from "../db/schema.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import {
  freeStuckHeads,
  selectLastEntry,
  selectRepairCursor,
  writeRepairCursor,
} from "./report-statements.ts";

interface RepairTools {
  db: Database;
  clock: Clock;
  log: Log;
}

const FROM_THE_FIRST: RepairCursor = { tenantId: "", endpointId: "", orderingKey: "", seq: 0 };

/**
 * The cron: looks for ordering keys that stick: their first delivery waits, and nothing is before it. The trigger frees the
 * next of a key, and nothing else does; where it was missing for a while, or somebody has changed rows by hand, nobody would
 * look at such a key again. Some entries at a time, round and round; what it frees is due, and the next sweep wakes its
 * tenant. Never throws.
 */
export async function repair({ db, log }: RepairTools): Promise<void> {
  try {
    const row = await selectRepairCursor(db).first<{ repair_after: string | null }>();
    const cursor: RepairCursor = row?.repair_after ? JSON.parse(row.repair_after) : FROM_THE_FIRST;
    const [freed, last] = await inOneBatch(db, [
      [freeStuckHeads(db, cursor, limits.keysPerRepair)],
      [selectLastEntry(db, cursor, limits.keysPerRepair)],
    ]);
    const stuck = (freed?.[0]?.results ?? []) as { tenant_id: string; endpoint_id: string; seq: number }[];
    for (const { tenant_id: tenant, endpoint_id: endpoint, seq: sequence } of stuck) {
      log("key.repaired", { tenant, endpoint, sequence });
    }
    const next = (last?.[0]?.results[0] as RepairCursor | undefined) ?? null;
    if (next !== null || cursor !== FROM_THE_FIRST) await writeRepairCursor(db, next).run();
  } catch (error) {
    log("key.repair_failed", { error: describeError(error) });
  }
}
