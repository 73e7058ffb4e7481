import { type Database, readRows } from "../db/database.ts";
import type { RowOf } from "../db/row.ts";
import type { RepairCursor, sweeps } from "../db/schema.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import {
  freeStuckHeads,
  type StuckRow,
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
    const row = await selectRepairCursor(db).first<RowOf<typeof sweeps, "repair_after">>();
    const cursor: RepairCursor = row?.repair_after ? JSON.parse(row.repair_after) : FROM_THE_FIRST;
    const [stuck, [next = null]] = await readRows<[StuckRow, RepairCursor]>(db, [
      freeStuckHeads(db, cursor, limits.keysPerRepair),
      selectLastEntry(db, cursor, limits.keysPerRepair),
    ]);
    for (const { tenant_id: tenant, endpoint_id: endpoint, seq: sequence } of stuck) {
      log("key.repaired", { tenant, endpoint, sequence });
    }
    if (next !== null || cursor !== FROM_THE_FIRST) await writeRepairCursor(db, next).run();
  } catch (error) {
    log("key.repair_failed", { error: describeError(error) });
  }
}
