import { audited } from "../db/audited.ts";
import { batchAfter } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import { type InterventionTools, refOf } from "./cancel.ts";
import { requireTenant } from "./require-live.ts";
import { type DeadLetterSelection, deadLettersOf, filterFrom, rangeOf, subjectOf } from "./settled.ts";
import { countAffected, countMatching, dismissMatching, type SettledFilter } from "./settled-statements.ts";
import { selectDeliveryState, selectMessage } from "./statements.ts";

/** How many dead letters the selection finds, and how many of them were put away: 10,000 to a call, at most. */
export interface Dismissed {
  matched: number;
  dismissed: number;
}

/**
 * Puts a dead letter away: it stays on record, cancelled with the reason `dismissed`, and is no dead letter any more. An
 * ordering key that it blocked goes on. It can still be replayed.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_not_dead`
 */
export async function dismissOne(
  tools: InterventionTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
): Promise<void> {
  const { db } = tools;
  const ref = refOf(messageId);
  const [found, delivery] = await db.batch<{ state: string }>([
    selectMessage(db, tenantId, ref),
    selectDeliveryState(db, tenantId, ref, endpointId),
  ]);
  if (found?.results.length === 0) throw new OutboxError({ code: "message_not_found", messageId });
  if (delivery?.results.length === 0)
    throw new OutboxError({ code: "delivery_not_found", messageId, endpointId });
  const { dismissed } = await dismiss(
    tools,
    tenantId,
    filterFrom({ states: ["dead"], deliveries: [{ ...ref, endpointId }], ofDeletedToo: true }),
    false,
  );
  if (dismissed === 0) throw new OutboxError({ code: "delivery_not_dead", messageId, endpointId });
}

/** Puts away the dead letters that a selection finds, oldest first; those of deleted endpoints too. */
export async function dismissDeadLetters(
  tools: InterventionTools,
  tenantId: string,
  input: DeadLetterSelection,
): Promise<Dismissed> {
  await requireTenant(tools, tenantId);
  return dismiss(tools, tenantId, { ...deadLettersOf(input), ofDeletedToo: true }, input.dryRun);
}

async function dismiss(
  tools: InterventionTools,
  tenantId: string,
  filter: SettledFilter,
  dryRun: boolean,
): Promise<Dismissed> {
  const { db, clock } = tools;
  const range = await rangeOf(db, tenantId, filter);
  const count = countMatching(db, tenantId, range, filter);
  if (dryRun) return { matched: (await count.first<number>("matched")) ?? 0, dismissed: 0 };
  const write = { tenantId, affected: countAffected(tenantId, range, filter), subject: subjectOf(filter) };
  const [counted, dismissed] = await batchAfter<{ matched: number }>(audited(tools, write), [
    count,
    dismissMatching(db, tenantId, range, filter),
  ]);
  // An ordering key that was blocked has something due now.
  if (dismissed?.results.length) tools.wake(tenantId, clock.now());
  return { matched: counted?.results[0]?.matched ?? 0, dismissed: dismissed?.results.length ?? 0 };
}
