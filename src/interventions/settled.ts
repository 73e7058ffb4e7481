import { z } from "zod";
import type { Database, Statement } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { eventTypeName } from "../domain/event-type.ts";
import { instantInput } from "../domain/instant.ts";
import { leftOut, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { InterventionTools } from "./cancel.ts";
import { changeCounted, dryRunInput } from "./change-counted.ts";
import {
  countAffected,
  countMatching,
  type DeliveryRef,
  type SeqRange,
  type SettledFilter,
  selectRange,
} from "./settled-statements.ts";

/** Fields of every body that says which settled deliveries are meant. */
export const settledInput = {
  until: leftOut(instantInput).describe("Committed before this instant."),
  eventTypes: leftOut(z.array(eventTypeName).min(1).max(limits.eventTypesPerEndpoint)).describe(
    "Of these event types, compared exactly.",
  ),
  ...dryRunInput,
};

export const sinceInput = instantInput.describe("Messages committed at this instant or later.");

const deliveryName = z.strictObject({
  messageId: wellFormed(z.string()).describe("The message."),
  endpointId: wellFormed(z.string()).describe("The endpoint."),
});

/** Some or all of a tenant's dead letters: those that fit every field that is given. */
export const deadLetterInput = z.strictObject({
  deliveries: leftOut(z.array(deliveryName).min(1).max(limits.deliveriesNamed)).describe(
    "These alone. One that is no dead letter is left out, and not counted.",
  ),
  since: leftOut(sinceInput),
  endpointId: leftOut(wellFormed(z.string())).describe("To this endpoint alone."),
  ...settledInput,
});
export type DeadLetterSelection = z.output<typeof deadLetterInput>;

/** Everything that is left out narrows nothing. */
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

/** Each once. An id that is none names nothing. */
async function refsOf(db: Database, named: NonNullable<DeadLetterSelection["deliveries"]>) {
  const refs: DeliveryRef[] = [];
  for (const one of named) {
    const ref = await messageRef(db, one.messageId);
    if (ref) refs.push({ ...ref, ...one });
  }
  return [...new Map(refs.map((ref) => [JSON.stringify(ref), ref])).values()];
}

/** Where the deliveries of a filter are looked for. Those that are named are looked up. */
async function rangeOf(db: Database, tenantId: string, filter: SettledFilter): Promise<SeqRange> {
  const found = filter.deliveries ? null : await selectRange(db, tenantId, filter).first<SeqRange>();
  return found ?? { firstSeq: 1, endSeq: Number.MAX_SAFE_INTEGER };
}

/** Statements of a change of settled deliveries. That which changes them answers a row for each. */
type ChangeMatching = (range: SeqRange, now: number) => readonly Statement[];

/** Changes the settled deliveries that a filter finds, and wakes the relay if it found any. Answers how many it found, and changed. */
export async function changeMatching(
  tools: InterventionTools,
  tenantId: string,
  { filter, dryRun }: { filter: SettledFilter; dryRun: boolean },
  change: ChangeMatching,
): Promise<{ matched: number; changed: number }> {
  const { db, clock } = tools;
  const range = await rangeOf(db, tenantId, filter);
  const count = countMatching(db, tenantId, range, filter);
  const now = clock.now();
  const statements = change(range, now);
  const affected = countAffected(tenantId, range, filter);
  const subject = subjectOf(filter, tools.audit?.subject);
  const counted = await changeCounted(tools, { tenantId, dryRun, count, statements, affected, subject });
  if (counted.changed > 0) tools.wake(tenantId, now);
  return counted;
}

/** For the audit: the ids that a filter names, and the request's path does not. */
function subjectOf({ endpointId, deliveries }: SettledFilter, inPath: AuditSubject = {}): AuditSubject {
  return {
    ...(endpointId !== null && { endpoint: endpointId }),
    ...(deliveries &&
      inPath.message === undefined && {
        messages: [...new Set(deliveries.map(({ messageId }) => messageId))],
      }),
  };
}
