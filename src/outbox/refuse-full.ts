import type { Database } from "../db/database.ts";
import type { Gauge } from "../db/gauge.ts";
import { storageLevel } from "../domain/storage-level.ts";
import type { Clock } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";

/** Size of the database and its limit, in bytes. */
export interface Storage {
  gauge: Gauge;
  maxBytes: number;
}

/**
 * Refuses a commit a little before the database is full, as accepted messages need the rest to be delivered. An isolate
 * that knows of enough capacity does not ask D1; one that knows of none asks again every few seconds.
 * @throws {OutboxError} `storage_full`
 */
export async function refuseIfFull(db: Database, { gauge, maxBytes }: Storage, clock: Clock): Promise<void> {
  if (storageLevel(gauge.bytes, maxBytes) !== "full") return;
  const bytes = await gauge.read(db, clock.now).catch(() => undefined);
  // A database that does not answer will fail the commit itself.
  if (bytes === undefined || storageLevel(bytes, maxBytes) !== "full") return;
  throw new OutboxError({ code: "storage_full" });
}
