import * as z from "zod";
import { instantInput } from "../domain/instant.ts";
import { OutboxError } from "../platform/errors.ts";
import { leftOutAs } from "../platform/fields.ts";
import { type InterventionTools, refOf, requireDelivery } from "./cancel.ts";
import { requireEndpoint, requireTenant } from "./require-live.ts";
import {
  changeMatching,
  type DeadLetterSelection,
  deadLettersOf,
  filterFrom,
  type Slice,
  settledInput,
} from "./settled.ts";
import { keepFirstAttempts, replayMatching, type SettledFilter } from "./settled-statements.ts";
import { type SettledAtRow, selectMessage, selectSettledAt } from "./statements.ts";

/** Selection of an endpoint's settled deliveries, since an instant. */
export const endpointReplayInput = z.strictObject({
  since: instantInput,
  states: leftOutAs(z.array(z.enum(["delivered", "dead", "cancelled"])).min(1), ["dead"]),
  ...settledInput,
});

/** Extent of a replay, at most 10,000 per call. */
export interface Replayed extends Slice {
  /** Number of deliveries that will be tried again. */
  replayed: number;
}

type EndpointReplay = z.output<typeof endpointReplayInput>;

/** Replays settled deliveries of an endpoint, oldest first, a hundred per second. Each keeps its `webhook-id`. */
export async function replayEndpoint(
  tools: InterventionTools,
  tenantId: string,
  endpointId: string,
  input: EndpointReplay,
) {
  await requireEndpoint(tools, tenantId, endpointId);
  return replay(tools, tenantId, filterFrom({ ...input, endpointId }), input.dryRun);
}

/** Replays the tenant's dead letters. */
export async function replayDeadLetters(
  tools: InterventionTools,
  tenantId: string,
  input: DeadLetterSelection,
) {
  await requireTenant(tools, tenantId);
  return replay(tools, tenantId, await deadLettersOf(tools.db, input), input.dryRun);
}

/**
 * Replays one settled delivery. The numbers of its attempts go on.
 * @throws {OutboxError} `message_not_found`, `delivery_not_found`, `delivery_not_settled`, `content_wiped`, `endpoint_not_found`
 */
export async function replayOne(
  tools: InterventionTools,
  tenantId: string,
  messageId: string,
  endpointId: string,
): Promise<Pick<Replayed, "matched" | "replayed">> {
  const { db } = tools;
  const ref = await refOf(db, messageId);
  const [found, delivery] = await db.batch<SettledAtRow & { wiped: 0 | 1 | null }>([
    selectMessage(db, tenantId, ref),
    selectSettledAt(db, tenantId, ref, endpointId),
  ]);
  const state = requireDelivery(found, delivery, { messageId, endpointId });
  if (state.settled_at === null)
    throw new OutboxError({ code: "delivery_not_settled", messageId, endpointId });
  if (found?.results[0]?.wiped) throw new OutboxError({ code: "content_wiped", messageId });
  const filter = filterFrom({
    states: ["delivered", "dead", "cancelled"],
    deliveries: [{ ...ref, messageId, endpointId }],
  });
  const { matched, replayed } = await replay(tools, tenantId, filter, false);
  if (matched === 0) throw new OutboxError({ code: "endpoint_not_found", endpointId });
  return { matched, replayed };
}

async function replay(
  tools: InterventionTools,
  tenantId: string,
  given: SettledFilter,
  dryRun: boolean,
): Promise<Replayed> {
  const { db } = tools;
  const { changed, ...slice } = await changeMatching(tools, tenantId, { filter: given, dryRun }, (chosen) => [
    keepFirstAttempts(db, tenantId, chosen.range, chosen.filter),
    replayMatching(db, tenantId, chosen),
  ]);
  return { ...slice, replayed: changed };
}
