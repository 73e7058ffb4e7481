import type { Database, Statement } from "../db/database.ts";
import type { Disabling } from "../db/disabling.ts";
import { announce } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { disableEndpoint } from "./health-statements.ts";
import { disabledAnnouncement } from "./make-announcement.ts";

interface Tools {
  db: Database;
  random: Random;
  log: Log;
}

/**
 * Builds the statements that disable an endpoint. Its deliveries wait until somebody enables or deletes it. The announcement
 * to the tenant's other endpoints comes first, under the condition of the change itself.
 *
 * After a 410 the statements stand before the settling, which ends the lease that they check; after failures, behind the
 * update of the health that they check.
 */
export function disable(tools: Tools, task: DeliveryTask, disabling: Disabling, now: number): Statement[] {
  const { db, random } = tools;
  const announcements = [disabledAnnouncement(task.endpointId, disabling, now, random)];
  return [
    ...announce(db, task, { announcements, guard: disabling, now }),
    disableEndpoint(db, task, disabling, now),
  ];
}

/** Reads the results of `disable`, and logs an endpoint that was disabled. Answers true if that was announced. */
export function readDisabling(
  { log }: Tools,
  { tenantId: tenant, endpointId: endpoint }: DeliveryTask,
  reason: Disabling["kind"],
  results: readonly D1Result[],
): boolean {
  const [fanOut, disabling] = results.slice(-2);
  if (disabling?.results.length) log("endpoint.disabled", { tenant, endpoint, reason });
  return (fanOut?.results.length ?? 0) > 0;
}
