import { type Database, faultOf, readRows } from "../db/database.ts";
import { readPayload } from "../db/payload.ts";
import { untilAnswered } from "../db/until-answered.ts";
import { isSuspect } from "../domain/suspicion.ts";
import type { Clock } from "../platform/clock.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import { countStart, countStarts, selectEndpoint, selectLeased } from "./statements.ts";
import { withSuppressed } from "./suppressed.ts";

interface Tools {
  db: Database;
  clock: Clock;
}

interface TaskRead {
  endpoint: EndpointRow;
  /** Deliveries that still carry the lease, ascending. */
  rows: readonly LeasedRow[];
  /** A consumer has begun them under this lease before, and died or is still running. */
  begun: boolean;
}

/**
 * Reads a task's endpoint, and its deliveries that still carry its lease. Undefined without an endpoint, and so without a lease:
 * the database was set back to an earlier time. Its batch also counts the beginning of
 * deliveries that may be harmful: they were claimed or handed out before, without a result.
 */
export async function readTask(
  tools: Tools,
  task: DeliveryTask,
  wasHandedOut: boolean,
): Promise<TaskRead | undefined> {
  const known = task.starts ?? 0;
  const counts = !isSuspect(known) && (task.starts !== undefined || wasHandedOut);
  return untilAnswered(tools.clock, async (tries) => {
    const { endpoint, rows } = await readOnce(tools.db, task, counts, tools.clock.now());
    if (!endpoint) return undefined;
    // An unanswered read may have counted the beginning, which was then this consumer's.
    const begun = tries === 0 && rows.some(({ starts }) => starts > known);
    const uncounted = (row: LeasedRow) => ({ ...row, starts: Math.min(row.starts, known) });
    return { endpoint, rows: counts ? rows.map(uncounted) : rows, begun };
  });
}

async function readOnce(db: Database, task: DeliveryTask, counts: boolean, now: number) {
  const [leased, endpoints] = await readRows<[LeasedRow, EndpointRow, ...unknown[]]>(db, [
    selectLeased(db, task, now),
    selectEndpoint(db, task),
    ...(counts ? [countStarts(db, task, now)] : []),
  ]);
  const rows = leased.map((row) => ({ ...row, payload: readPayload(row.payload) }));
  const [endpoint] = endpoints;
  return { endpoint, rows: endpoint ? await withSuppressed(db, endpoint, rows, now) : rows };
}

/**
 * Counts an attempt of a suspect as it begins. False: its lease is lost. When D1 does not answer, it may have counted,
 * so the attempt must be made: a counted attempt that is not made would count against the delivery.
 */
export async function countBeginning({ db, clock }: Tools, task: DeliveryTask, row: LeasedRow) {
  try {
    const [counted] = await untilAnswered(clock, () => db.batch([countStart(db, task, row)]));
    return (counted?.results.length ?? 0) > 0;
  } catch (error) {
    if (faultOf(error) === "ambiguous") return true;
    throw error;
  }
}
