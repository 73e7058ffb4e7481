import { z } from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import { type InterventionTools, refOf, requireDelivery } from "./cancel.ts";
import { changeCounted, dryRunInput } from "./change-counted.ts";
import { requireEndpoint } from "./require-live.ts";
import {
  countRetried,
  countRetriedOne,
  countWaiting,
  endHold,
  retryDelivery,
  retryWaiting,
  type SettledAtRow,
  selectMessage,
  selectSettledAt,
} from "./statements.ts";

export const retryInput = z.strictObject(dryRunInput);

/** How many deliveries of an endpoint wait for their next attempt, of the first 10,000 by due time; and how many are due now. */
export interface Retried {
  matched: number;
  retried: number;
}

/**
 * The next attempt of a delivery is made now, not when its schedule says: it takes nothing from the schedule. Neither
 * does it wait for the breaker of its endpoint. Paused or disabled endpoints, and rate limits, still hold it back.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_settled`; `delivery_not_waiting` when it is
 * being attempted, is scheduled for later, or stands behind an earlier one of its ordering key
 */
export async function retryOne(
  tools: InterventionTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
): Promise<void> {
  const { db, clock } = tools;
  const ref = await refOf(db, messageId);
  const now = clock.now();
  const write = audited(tools, { tenantId, affected: countRetriedOne(tenantId, ref, endpointId, now) });
  const [found, delivery, retried] = await batchAfter<SettledAtRow>(write, [
    selectMessage(db, tenantId, ref),
    selectSettledAt(db, tenantId, ref, endpointId),
    retryDelivery(db, { tenantId, ref, endpointId }, now),
    endHold(db, { tenantId, ref, endpointId }, now),
  ]);
  const state = requireDelivery(found, delivery, { messageId, endpointId });
  if (retried?.results.length === 0) {
    const code = state.settled_at === null ? "delivery_not_waiting" : "delivery_settled";
    throw new OutboxError({ code, messageId, endpointId });
  }
  tools.wake(tenantId, now);
}

/**
 * Every delivery of an endpoint that waits for a retry is due now, oldest first, a hundred to a second. An open breaker
 * lets one of them through, and the others when that has succeeded. Scheduled ones stay scheduled.
 */
export async function retryEndpoint(
  tools: InterventionTools,
  tenantId: string,
  endpointId: string,
  { dryRun }: z.output<typeof retryInput>,
): Promise<Retried> {
  await requireEndpoint(tools, tenantId, endpointId);
  const { db, clock } = tools;
  const now = clock.now();
  const { matched, changed } = await changeCounted(tools, {
    tenantId,
    dryRun,
    count: countWaiting(db, tenantId, endpointId, now),
    statements: [retryWaiting(db, tenantId, endpointId, now), endHold(db, { tenantId, endpointId }, now)],
    affected: countRetried(tenantId, endpointId, now),
  });
  if (!dryRun) tools.wake(tenantId, now);
  return { matched, retried: changed };
}
