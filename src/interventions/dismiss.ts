import { OutboxError } from "../platform/errors.ts";
import { type InterventionTools, refOf, requireDelivery } from "./cancel.ts";
import { requireTenant } from "./require-live.ts";
import {
  changeMatching,
  type DeadLetterSelection,
  deadLettersOf,
  filterFrom,
  type Slice,
} from "./settled.ts";
import { dismissMatching, type SettledFilter } from "./settled-statements.ts";
import { selectMessage, selectSettledAt } from "./statements.ts";

/** Extent of a dismissal, at most 10,000 per call. */
export interface Dismissed extends Slice {
  dismissed: number;
}

/**
 * Puts a dead letter away: it stays on record, cancelled with the reason `dismissed`. An ordering key that it blocked
 * goes on. It can still be replayed.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_not_dead`
 */
export async function dismissOne(
  tools: InterventionTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
): Promise<void> {
  const { db } = tools;
  const ref = await refOf(db, messageId);
  const [found, delivery] = await db.batch([
    selectMessage(db, tenantId, ref),
    selectSettledAt(db, tenantId, ref, endpointId),
  ]);
  requireDelivery(found, delivery, { messageId, endpointId });
  const { dismissed } = await dismiss(
    tools,
    tenantId,
    filterFrom({ states: ["dead"], deliveries: [{ ...ref, messageId, endpointId }], ofUnsendableToo: true }),
    false,
  );
  if (dismissed === 0) throw new OutboxError({ code: "delivery_not_dead", messageId, endpointId });
}

/** Puts away the dead letters that a selection finds, oldest first, including those of deleted endpoints. */
export async function dismissDeadLetters(
  tools: InterventionTools,
  tenantId: string,
  input: DeadLetterSelection,
): Promise<Dismissed> {
  await requireTenant(tools, tenantId);
  const filter = await deadLettersOf(tools.db, input);
  return dismiss(tools, tenantId, { ...filter, ofUnsendableToo: true }, input.dryRun);
}

async function dismiss(
  tools: InterventionTools,
  tenantId: string,
  given: SettledFilter,
  dryRun: boolean,
): Promise<Dismissed> {
  // A released ordering key can have a due delivery.
  const { changed, ...slice } = await changeMatching(
    tools,
    tenantId,
    { filter: given, dryRun },
    ({ range, filter }) => [dismissMatching(tools.db, tenantId, range, filter)],
  );
  return { ...slice, dismissed: changed };
}
