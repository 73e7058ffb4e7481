import { z } from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter, type Database, type Statement } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { eventTypeName } from "../domain/event-type.ts";
import { instant } from "../domain/instant.ts";
import { leftOut, leftOutAs, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { InterventionTools } from "./cancel.ts";
import {
  countAffected,
  countMatching,
  type DeliveryRef,
  type SeqRange,
  type SettledFilter,
  selectRange,
} from "./settled-statements.ts";

/** Field of every body whose deliveries can be counted first. */
export const dryRunInput = {
  dryRun: leftOutAs(z.boolean(), false).describe("True: counts, and changes nothing. Defaults to false."),
};

/** Fields of every body that selects settled deliveries. */
export const settledInput = {
  until: leftOut(instant).describe("Only deliveries of messages committed before this instant."),
  eventTypes: leftOut(z.array(eventTypeName).min(1).max(limits.eventTypesPerEndpoint)).describe(
    "Only deliveries of these event types, compared exactly.",
  ),
  ...dryRunInput,
};

export const sinceInput = instant.describe("Only deliveries of messages committed at this instant or later.");

const deliveryName = z.strictObject({
  messageId: wellFormed(z.string()).describe("Id of the message."),
  endpointId: wellFormed(z.string()).describe("Id of the endpoint."),
});

/** A selection of a tenant's dead letters: those that fit every given field. */
export const deadLetterInput = z.strictObject({
  deliveries: leftOut(z.array(deliveryName).min(1).max(limits.deliveriesNamed)).describe(
    "Only these deliveries. A delivery that is not a dead letter is passed over, and not counted.",
  ),
  since: leftOut(sinceInput),
  endpointId: leftOut(wellFormed(z.string())).describe("Only dead letters of this endpoint."),
  ...settledInput,
});
export type DeadLetterSelection = z.output<typeof deadLetterInput>;

/** A field that is left out does not narrow the filter. */
export function filterFrom(
  given: Pick<SettledFilter, "states"> & { [Name in keyof SettledFilter]?: SettledFilter[Name] | undefined },
): SettledFilter {
  return {
    states: given.states,
    endpointId: given.endpointId ?? null,
    deliveries: given.deliveries ?? null,
    since: given.since ?? null,
    until: given.until ?? null,
    eventTypes: given.eventTypes ?? null,
    ofDeletedToo: given.ofDeletedToo ?? false,
  };
}

export async function deadLettersOf(
  db: Database,
  { deliveries, ...given }: DeadLetterSelection,
): Promise<SettledFilter> {
  const refs = deliveries && (await refsOf(db, deliveries));
  return filterFrom({ ...given, states: ["dead"], deliveries: refs });
}

/** Each delivery once. A malformed id selects nothing. */
async function refsOf(db: Database, named: NonNullable<DeadLetterSelection["deliveries"]>) {
  const refs: DeliveryRef[] = [];
  for (const one of named) {
    const ref = await messageRef(db, one.messageId);
    if (ref) refs.push({ ...ref, ...one });
  }
  return [...new Map(refs.map((ref) => [JSON.stringify(ref), ref])).values()];
}

/** Range in which a filter's deliveries are searched. Named deliveries are looked up. */
async function rangeOf(db: Database, tenantId: string, filter: SettledFilter): Promise<SeqRange> {
  const found = filter.deliveries ? null : await selectRange(db, tenantId, filter).first<SeqRange>();
  return found ?? { firstSeq: 1, endSeq: Number.MAX_SAFE_INTEGER };
}

/** Statements of a change of settled deliveries; the last one returns a row for each changed delivery. */
type ChangeMatching = (range: SeqRange, now: number) => readonly Statement[];

/**
 * Changes the settled deliveries that a filter finds, and wakes the relay if there are any. Answers the numbers found
 * and changed.
 */
export async function changeMatching(
  tools: InterventionTools,
  tenantId: string,
  { filter, dryRun }: { filter: SettledFilter; dryRun: boolean },
  change: ChangeMatching,
): Promise<{ matched: number; changed: number }> {
  const { db, clock } = tools;
  const range = await rangeOf(db, tenantId, filter);
  const count = countMatching(db, tenantId, range, filter);
  if (dryRun) return { matched: (await count.first<number>("matched")) ?? 0, changed: 0 };
  const now = clock.now();
  const subject = subjectOf(filter, tools.audit?.subject);
  const write = { tenantId, affected: countAffected(tenantId, range, filter), subject };
  const results = await batchAfter<{ matched: number }>(audited(tools, write), [
    count,
    ...change(range, now),
  ]);
  const changed = results.at(-1)?.results.length ?? 0;
  if (changed > 0) tools.wake(tenantId, now);
  tools.meter?.charge(changed * limits.stepsPerChange);
  return { matched: results[0]?.results[0]?.matched ?? 0, changed };
}

/** For the audit: the ids of a filter that are not in the request's path. */
function subjectOf({ endpointId, deliveries }: SettledFilter, inPath: AuditSubject = {}): AuditSubject {
  return {
    ...(endpointId !== null && { endpoint: endpointId }),
    ...(deliveries &&
      inPath.message === undefined && {
        messages: [...new Set(deliveries.map(({ messageId }) => messageId))],
      }),
  };
}
