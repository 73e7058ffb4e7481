import { inOneBatch, type Statement } from "../db/database.ts";
import type { EndpointState } from "../domain/states.ts";
import { announce, type Guard } from "../outbox/announce.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type Health, isGivenUp, isSame, nextHealth, type Tally } from "./health.ts";
import { disableFailing, isAt, type Standing, selectStanding, updateHealth } from "./health-statements.ts";
import { disabledNews } from "./news.ts";
import type { SettleTools } from "./settle.ts";

export interface HealthNow {
  state: EndpointState;
  heldUntil: number | null;
  /** The tenant's other endpoints were told that it is disabled. */
  told: boolean;
}

/**
 * Counts attempts into the endpoint's health, and disables it when nothing but failures has come of it for too
 * long. An endpoint that is well costs nothing. What cannot be written is forgotten: the next attempts tell the same.
 */
export async function recordHealth(
  tools: SettleTools,
  task: DeliveryTask,
  standing: Standing,
  tally: Tally,
): Promise<HealthNow> {
  try {
    return await writeHealth(tools, task, standing, tally);
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("endpoint.health_lost", { tenant, endpoint, error: describeError(error) });
    return { state: standing.state, heldUntil: standing.held_until, told: false };
  }
}

/** Others may count at the same time: what was read must still stand when it is written. */
async function writeHealth(
  tools: SettleTools,
  task: DeliveryTask,
  standing: Standing,
  tally: Tally,
): Promise<HealthNow> {
  let current = standing;
  for (let tries = 0; tries < limits.healthTries; tries++) {
    const now = tools.clock.now();
    const read = healthOf(current);
    const next = nextHealth(read, tally, now);
    const givenUp = tally.failures > 0 && isGivenUp(next, now, tools.disableAfterMs);
    if (isSame(read, next) && !givenUp) break;
    const [written, disabling = [], after] = await inOneBatch(tools.db, [
      [updateHealth(tools.db, task, read, next)],
      givenUp ? disableAsFailing(tools, task, next, now) : [],
      [selectStanding(tools.db, task)],
    ]);
    current = after?.[0]?.results[0] as Standing;
    if (written?.[0]?.results.length === 0) continue;
    logChange(tools, task, read, next);
    if (disabling.at(-1)?.results.length) logDisabled(tools, task, "failing");
    return { ...stateOf(current), told: (disabling.at(-2)?.results.length ?? 0) > 0 };
  }
  return { ...stateOf(current), told: false };
}

function healthOf(standing: Standing): Health {
  return {
    failingSince: standing.failing_since,
    failedAt: standing.failed_at,
    windowFrom: standing.window_from,
    windowAttempts: standing.window_attempts,
    windowFailures: standing.window_failures,
    heldUntil: standing.held_until,
    holds: standing.holds,
  };
}

function stateOf({ state, held_until }: Standing) {
  return { state, heldUntil: held_until };
}

/** What is told comes before: both look at the health that the statement before them has written. */
function disableAsFailing(tools: SettleTools, task: DeliveryTask, health: Health, now: number) {
  const { failingSince } = health;
  const guard: Guard = { sql: isAt("?1", "?4", "?5"), param: JSON.stringify(health) };
  return [
    ...announceDisabled(tools, task, { reason: "failing", failingSince, now }, guard),
    disableFailing(tools.db, task, health, now),
  ];
}

/** To come before the statement that disables, in the same batch, under its condition. */
export function announceDisabled(
  { db, random }: SettleTools,
  task: DeliveryTask,
  told: { reason: "gone" | "failing"; failingSince?: number | null; now: number },
  guard: Guard,
): Statement[] {
  return announce(db, task, [disabledNews(task.endpointId, told, random)], guard, told.now);
}

export function logDisabled(tools: SettleTools, task: DeliveryTask, reason: string): void {
  tools.log("endpoint.disabled", { tenant: task.tenantId, endpoint: task.endpointId, reason });
}

function logChange(tools: SettleTools, task: DeliveryTask, before: Health, after: Health): void {
  const { tenantId: tenant, endpointId: endpoint } = task;
  if (after.heldUntil !== null && after.heldUntil !== before.heldUntil) {
    tools.log("endpoint.held", { tenant, endpoint, until: after.heldUntil, holds: after.holds });
  } else if (before.heldUntil !== null && after.heldUntil === null) {
    tools.log("endpoint.freed", { tenant, endpoint, holds: before.holds });
  }
}
