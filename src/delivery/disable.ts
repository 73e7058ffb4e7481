import type { Database, Statement } from "../db/database.ts";
import { newNonce } from "../domain/ids.ts";
import { type Announcement, announce, type Guard } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { disableFailing, disableGone, type Gone, isAt, isGone } from "./disable-statements.ts";
import type { Health } from "./health.ts";

interface Tools {
  db: Database;
  random: Random;
  log: Log;
}

/**
 * Answers by which an endpoint disables itself: a 410, or only failures for too long. Its deliveries wait until
 * somebody enables or deletes it. The batch that disables it tells the tenant's other endpoints first, under one
 * condition.
 */
type Cause = { reason: "gone" } | { reason: "failing"; failingSince: number | null };

/**
 * Builds the statements for the batch that settles after a 410. They change nothing once the lease or the target has
 * changed.
 */
export function disableAsGone(tools: Tools, task: DeliveryTask, gone: Gone, now: number): Statement[] {
  const guard: Guard = { sql: isGone("?1", "?4", "?5"), param: JSON.stringify(gone) };
  return [
    ...announceDisabled(tools, task, { cause: { reason: "gone" }, guard, now }),
    disableGone(tools.db, task, gone, now),
  ];
}

/** Builds the statements to come after the health in its batch. They change nothing once the health has changed. */
export function disableAsFailing(tools: Tools, task: DeliveryTask, health: Health, now: number): Statement[] {
  const cause: Cause = { reason: "failing", failingSince: health.failingSince };
  const guard: Guard = { sql: isAt("?1", "?4", "?5"), param: JSON.stringify(health) };
  return [
    ...announceDisabled(tools, task, { cause, guard, now }),
    disableFailing(tools.db, task, health, now),
  ];
}

/** Reads the results of either, and logs an endpoint that was disabled. Answers true if that was announced. */
export function readDisabling(
  { log }: Tools,
  { tenantId: tenant, endpointId: endpoint }: DeliveryTask,
  reason: Cause["reason"],
  results: readonly D1Result[],
): boolean {
  const [fanOut, disabling] = results.slice(-2);
  if (disabling?.results.length) log("endpoint.disabled", { tenant, endpoint, reason });
  return (fanOut?.results.length ?? 0) > 0;
}

function announceDisabled(
  { db, random }: Tools,
  task: DeliveryTask,
  { cause, guard, now }: { cause: Cause; guard: Guard; now: number },
): Statement[] {
  return announce(db, task, [disabledAnnouncement(task.endpointId, cause, now, random)], guard, now);
}

function disabledAnnouncement(endpointId: string, cause: Cause, now: number, random: Random): Announcement {
  const failingSince = cause.reason === "failing" ? cause.failingSince : null;
  const payload = {
    endpointId,
    reason: cause.reason,
    failingSince: failingSince === null ? null : new Date(failingSince).toISOString(),
    disabledAt: new Date(now).toISOString(),
  };
  return {
    eventType: "endpoint.disabled",
    nonce: newNonce(random),
    payload: JSON.stringify(payload),
    orderingKey: endpointId,
    seq: null,
  };
}
