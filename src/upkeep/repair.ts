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
 * The cron: looks for stuck ordering keys, whose first delivery waits behind nothing. Only the trigger frees the next
 * of a key, so a key would stick for ever if the trigger was missing for a while, or rows were changed by hand.
 * Examines some entries at a time, in rotation; a freed delivery is due, and the next sweep wakes its tenant. Answers
 * true if it ended well. Never throws.
 */
export async function repair({ db, log }: RepairTools): Promise<boolean> {
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
    return true;
  } catch (error) {
    log("key.repair_failed", { error: describeError(error) });
    return false;
  }
}
