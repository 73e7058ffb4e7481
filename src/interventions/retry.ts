import * as z from "zod";
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

/**
 * Numbers of an endpoint's deliveries that wait for a retry, among the first 10,000 by due time, and that are due now.
 */
export interface Retried {
  matched: number;
  retried: number;
}

/**
 * Makes the next attempt of a delivery now instead of by the schedule, and uses up none of the schedule. An open
 * breaker lets the attempt through; a paused or disabled endpoint, or a rate limit, holds it back.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_settled`; `delivery_not_waiting` when it
 * is being attempted, is scheduled for later, or waits behind an earlier one of its ordering key
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
 * Makes every delivery of an endpoint that waits for a retry due now, oldest first, a hundred per second. An open
 * breaker lets one through, and the others once it has succeeded. Scheduled deliveries stay scheduled.
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
