import { type AuditedTools, audited } from "../db/audited.ts";
import { batchAfter, type Database } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import type { MessageRef } from "../domain/message-id.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Meter } from "../platform/meter.ts";
import {
  cancelDelivery,
  cancelMessage,
  countUnsettled,
  selectMessage,
  selectSettledAt,
} from "./statements.ts";

export interface InterventionTools extends AuditedTools {
  wake: (tenantId: string, at: number) => void;
  /** Meter that counts the changed deliveries. Defaults to no counting. */
  meter?: Meter | undefined;
}

/**
 * Cancels a message's unsettled deliveries. A delivery on its way may still arrive; its outcome is not recorded.
 * Answers the number of cancelled deliveries: 0 when all are settled.
 * @throws {OutboxError} `message_not_found`
 */
export async function cancelWhole(tools: InterventionTools, tenantId: string, id: string): Promise<number> {
  const { db, clock } = tools;
  const ref = await refOf(db, id);
  const write = { tenantId, affected: countUnsettled(tenantId, ref) };
  const [found, cancelled] = await batchAfter(audited(tools, write), [
    selectMessage(db, tenantId, ref),
    cancelMessage(db, tenantId, ref, clock.now()),
  ]);
  if (found?.results.length === 0) throw new OutboxError({ code: "message_not_found", messageId: id });
  if (cancelled?.results.length) tools.wake(tenantId, clock.now());
  return cancelled?.results.length ?? 0;
}

/** @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_settled` */
export async function cancelOne(tools: InterventionTools, tenantId: string, id: string, endpointId: string) {
  const { db, clock } = tools;
  const ref = await refOf(db, id);
  const write = { tenantId, affected: countUnsettled(tenantId, ref, endpointId) };
  const [found, before, cancelled] = await batchAfter(audited(tools, write), [
    selectMessage(db, tenantId, ref),
    selectSettledAt(db, tenantId, ref, endpointId),
    cancelDelivery(db, { tenantId, ref, endpointId }, clock.now()),
  ]);
  requireDelivery(found, before, { messageId: id, endpointId });
  if (cancelled?.results.length === 0) {
    throw new OutboxError({ code: "delivery_settled", messageId: id, endpointId });
  }
  tools.wake(tenantId, clock.now());
}

/**
 * The delivery that was selected with its message. `found` and `delivery`: D1's answers to the two selections.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`
 */
export function requireDelivery<Row>(
  found: D1Result | undefined,
  delivery: D1Result<Row> | undefined,
  ids: { messageId: string; endpointId: string },
): Row {
  if (found?.results.length === 0) {
    throw new OutboxError({ code: "message_not_found", messageId: ids.messageId });
  }
  const row = delivery?.results[0];
  if (row === undefined) throw new OutboxError({ code: "delivery_not_found", ...ids });
  return row;
}

/** @throws {OutboxError} `message_not_found` */
export async function refOf(db: Database, id: string): Promise<MessageRef> {
  const ref = await messageRef(db, id);
  if (!ref) throw new OutboxError({ code: "message_not_found", messageId: id });
  return ref;
}
