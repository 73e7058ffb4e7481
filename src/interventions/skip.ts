import * as z from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { type InterventionTools, refOf, requireDelivery } from "./cancel.ts";
import { changeCounted, dryRunInput } from "./change-counted.ts";
import { requireEndpoint } from "./require-live.ts";
import {
  countDeadHeads,
  countSkipped,
  countSkippedOne,
  selectMessage,
  selectSettledAt,
  skipDeadHeads,
  skipDelivery,
} from "./statements.ts";

export const skipInput = z.strictObject({
  orderingKey: leftOut(wellFormed(z.string().max(limits.orderingKeyLength))),
  ...dryRunInput,
});

/** Numbers of dead deliveries that block a key, and that were skipped, at most 10,000 per call. */
export interface Skipped {
  matched: number;
  skipped: number;
}

/**
 * Skips a dead delivery: it stays dead, and the next one of its key goes on.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_not_blocking`
 */
export async function skipOne(
  tools: InterventionTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
): Promise<void> {
  const { db, clock } = tools;
  const ref = await refOf(db, messageId);
  const write = { tenantId, affected: countSkippedOne(tenantId, ref, endpointId) };
  const [found, delivery, skipped] = await batchAfter(audited(tools, write), [
    selectMessage(db, tenantId, ref),
    selectSettledAt(db, tenantId, ref, endpointId),
    skipDelivery(db, tenantId, ref, endpointId),
  ]);
  requireDelivery(found, delivery, { messageId, endpointId });
  if (skipped?.results.length === 0)
    throw new OutboxError({ code: "delivery_not_blocking", messageId, endpointId });
  tools.wake(tenantId, clock.now());
}

/** Skips all dead deliveries of an endpoint that block a key, oldest messages first. */
export async function skipEndpoint(
  tools: InterventionTools,
  tenantId: string,
  endpointId: string,
  { orderingKey = null, dryRun }: { orderingKey?: string | null | undefined; dryRun: boolean },
): Promise<Skipped> {
  await requireEndpoint(tools, tenantId, endpointId);
  const { db, clock } = tools;
  const { matched, changed } = await changeCounted(tools, {
    tenantId,
    dryRun,
    count: countDeadHeads(db, tenantId, endpointId, orderingKey),
    statements: [skipDeadHeads(db, tenantId, endpointId, orderingKey)],
    affected: countSkipped(tenantId, endpointId, orderingKey),
  });
  if (changed > 0) tools.wake(tenantId, clock.now());
  return { matched, skipped: changed };
}
