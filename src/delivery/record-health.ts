import { type Database, inOneBatch } from "../db/database.ts";
import { healthOf } from "../db/endpoint-health.ts";
import type { EndpointState } from "../domain/states.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { disable, readDisabling } from "./disable.ts";
import { type Health, hasFailedTooLong, isSame, nextHealth, type Tally } from "./health.ts";
import { selectEndpointHealth, updateHealth } from "./health-statements.ts";
import type { EndpointHealthRow } from "./rows.ts";

export interface HealthTools {
  db: Database;
  clock: Clock;
  random: Random;
  log: Log;
  /** Milliseconds of failures only, after which an endpoint is disabled. */
  disableAfterMs: number;
}

interface HealthNow {
  state: EndpointState;
  heldUntil: number | null;
  /** True if its disabling was announced to the tenant's other endpoints, and is due. */
  announced: boolean;
}

/**
 * Counts attempts into the endpoint's health, and disables an endpoint that has only failed for too long. A healthy
 * endpoint costs nothing. A count that cannot be written is dropped, as the next attempts bring another.
 */
export async function recordHealth(
  tools: HealthTools,
  task: DeliveryTask,
  current: EndpointHealthRow,
  tally: Tally,
): Promise<HealthNow> {
  try {
    return await writeHealth(tools, task, current, tally);
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("endpoint.health_lost", { tenant, endpoint, error: describeError(error) });
    return { state: current.state, heldUntil: current.held_until, announced: false };
  }
}

/** Replaces only the health that was read, because others may count at the same time. */
async function writeHealth(
  tools: HealthTools,
  task: DeliveryTask,
  known: EndpointHealthRow,
  tally: Tally,
): Promise<HealthNow> {
  let current = known;
  for (let tries = 0; tries < limits.healthTries; tries++) {
    const now = tools.clock.now();
    const read: Health = healthOf(current);
    const next = nextHealth(read, tally, now);
    const failedTooLong = tally.failures > 0 && hasFailedTooLong(next, now, tools.disableAfterMs);
    if (isSame(read, next) && !failedTooLong) break;
    const [written, disabling = [], after] = await inOneBatch(tools.db, [
      [updateHealth(tools.db, task, read, next)],
      failedTooLong ? disable(tools, task, { kind: "failing", health: next }, now) : [],
      [selectEndpointHealth(tools.db, task, now)],
    ]);
    current = after?.[0]?.results[0] as EndpointHealthRow;
    if (written?.[0]?.results.length === 0) continue;
    logChange(tools, task, read, next);
    return { ...stateOf(current), announced: readDisabling(tools, task, "failing", disabling) };
  }
  return { ...stateOf(current), announced: false };
}

function stateOf({ state, held_until }: EndpointHealthRow) {
  return { state, heldUntil: held_until };
}

function logChange(tools: HealthTools, task: DeliveryTask, before: Health, after: Health): void {
  const { tenantId: tenant, endpointId: endpoint } = task;
  if (after.heldUntil !== null && after.heldUntil !== before.heldUntil) {
    tools.log("endpoint.held", { tenant, endpoint, until: after.heldUntil, holds: after.holds });
  } else if (before.heldUntil !== null && after.heldUntil === null) {
    tools.log("endpoint.freed", { tenant, endpoint, holds: before.holds });
  }
}
