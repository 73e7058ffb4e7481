import { inOneBatch } from "../db/database.ts";
import { healthOf } from "../db/endpoint-health.ts";
import { isDisabledByFailures } from "../domain/failure-budget.ts";
import type { EndpointState } from "../domain/states.ts";
import { announce } from "../outbox/announce.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type DisableTools, disable } from "./disable.ts";
import { type Failure, healthAnnouncement } from "./endpoint-announcements.ts";
import { type Health, hasFailedTooLong, isSame, nextHealth, type Tally, withTold } from "./health.ts";
import { selectEndpointHealth, updateHealth } from "./health-statements.ts";
import type { EndpointHealthRow, EndpointRow } from "./rows.ts";

export interface HealthTools extends DisableTools {
  clock: Clock;
  /** Milliseconds of failures only, after which an endpoint is disabled. */
  disableAfterMs: number;
}

/** Attempts at the endpoint of a task. */
interface Counted {
  task: DeliveryTask;
  endpoint: EndpointRow;
  tally: Tally;
  failure: Failure | null;
}

interface HealthNow {
  state: EndpointState;
  heldUntil: number | null;
  probeUntil: number | null;
  /** Tenants that were told of a change of its health: deliveries to them are due. */
  announcedTo: readonly string[];
}

/**
 * Counts attempts into the endpoint's health, and disables a webhook's endpoint that has only failed for too long. A healthy
 * endpoint costs nothing. A count that cannot be written is dropped, as the next attempts bring another.
 */
export async function recordHealth(
  tools: HealthTools,
  counted: Counted,
  current: EndpointHealthRow,
): Promise<HealthNow> {
  try {
    return await writeHealth(tools, counted, current);
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = counted.task;
    tools.log("endpoint.health_lost", { tenant, endpoint, error: describeError(error) });
    return { ...stateOf(current), announcedTo: [] };
  }
}

/** Replaces only the health that was read, because others may count at the same time. */
async function writeHealth(
  tools: HealthTools,
  counted: Counted,
  known: EndpointHealthRow,
): Promise<HealthNow> {
  const { db, disableAfterMs } = tools;
  const { task, tally } = counted;
  let current = known;
  for (let tries = 0; tries < limits.healthTries; tries++) {
    const now = tools.clock.now();
    const read: Health = healthOf(current);
    const counts = nextHealth(read, tally, now);
    const hasBudget = isDisabledByFailures(counted.endpoint.channel);
    const failedTooLong = hasBudget && tally.failures > 0 && hasFailedTooLong(counts, now, disableAfterMs);
    const isTold = hasBudget && !failedTooLong && tally.failures > 0;
    const next = isTold ? withTold(counts, now, disableAfterMs) : counts;
    if (isSame(read, next) && !failedTooLong) break;
    const told = tell(tools, counted, { read, next }, now);
    const disabling = failedTooLong
      ? disable(tools, { ...counted, disabling: { kind: "failing", health: next } }, now)
      : undefined;
    const [telling = [], written, disabled = [], after] = await inOneBatch<unknown>(db, [
      told.statements,
      [updateHealth(db, task, read, next)],
      disabling?.statements ?? [],
      [selectEndpointHealth(db, task, now)],
    ]);
    current = after?.[0]?.results[0] as EndpointHealthRow;
    if (written?.[0]?.results.length === 0) continue;
    logChange(tools, task, read, next);
    const announcedTo = [...told.read(telling), ...(disabling?.read(disabled) ?? [])];
    return { ...stateOf(current), announcedTo };
  }
  return { ...stateOf(current), announcedTo: [] };
}

/**
 * Announces a change of health that is to be told of. The statements stand before the change, under the health that was read:
 * of several batches that come to the same change, the first one tells.
 */
function tell(
  tools: HealthTools,
  { task, endpoint, failure }: Counted,
  { read, next }: { read: Health; next: Health },
  now: number,
) {
  const announcement = healthAnnouncement({ endpoint, read, next, failure }, now, tools);
  return announce(tools, {
    announcements: announcement ? [announcement] : [],
    guard: { kind: "health", health: read },
    endpoint: task,
    now,
  });
}

function stateOf({ state, held_until, probe_until }: EndpointHealthRow) {
  return { state, heldUntil: held_until, probeUntil: probe_until };
}

function logChange(tools: HealthTools, task: DeliveryTask, before: Health, after: Health): void {
  const { tenantId: tenant, endpointId: endpoint } = task;
  if (after.heldUntil !== null && after.heldUntil !== before.heldUntil) {
    tools.log("endpoint.held", { tenant, endpoint, until: after.heldUntil, holds: after.holds });
  } else if (before.heldUntil !== null && after.heldUntil === null) {
    tools.log("endpoint.freed", { tenant, endpoint, holds: before.holds });
  }
}
