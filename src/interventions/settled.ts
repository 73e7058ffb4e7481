import * as z from "zod";
import type { Database, Statement } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { eventTypeName } from "../domain/event-type.ts";
import { instantInput } from "../domain/instant.ts";
import { CHANNELS } from "../domain/states.ts";
import { leftOut, numberIn, wellFormed } from "../platform/fields.ts";
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

/** Fields of every body that selects settled deliveries. */
export const settledInput = {
  until: leftOut(instantInput),
  eventTypes: leftOut(z.array(eventTypeName).min(1).max(limits.eventTypesPerEndpoint)),
  asOf: leftOut(instantInput),
  ...dryRunInput,
};

const deliveryName = z.strictObject({
  messageId: wellFormed(z.string()),
  endpointId: wellFormed(z.string()),
});
/** Deliveries by their names. */
export const deliveryNames = z.array(deliveryName).min(1).max(limits.deliveriesNamed);

export const resultInput = z.strictObject({
  reason: wellFormed(z.string()).optional(),
  error: wellFormed(z.string()).nullable().optional(),
  httpStatus: numberIn(z.int()).nullable().optional(),
});

/** Selection of a tenant's dead letters. A dead letter must match every field; a field that is left out matches all. */
export const deadLetterInput = z.strictObject({
  deliveries: leftOut(deliveryNames),
  since: leftOut(instantInput),
  endpointId: leftOut(wellFormed(z.string())),
  channel: leftOut(z.enum(CHANNELS)),
  result: leftOut(resultInput),
  ...settledInput,
});
export type DeadLetterSelection = z.output<typeof deadLetterInput>;

/** Makes a filter. A field that is left out matches all deliveries. */
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
    channel: given.channel ?? null,
    result: given.result ?? {},
    asOf: given.asOf ?? null,
    ofUnsendableToo: given.ofUnsendableToo ?? false,
  };
}

export async function deadLettersOf(
  db: Database,
  { deliveries, ...given }: DeadLetterSelection,
): Promise<SettledFilter> {
  const refs = deliveries && (await refsOf(db, deliveries));
  return filterFrom({ ...given, states: ["dead"], deliveries: refs });
}

/** Removes repeated names, and names with an id that is not a message's. */
async function refsOf(db: Database, named: NonNullable<DeadLetterSelection["deliveries"]>) {
  const refs: DeliveryRef[] = [];
  for (const one of named) {
    const ref = await messageRef(db, one.messageId);
    if (ref) refs.push({ ...ref, ...one });
  }
  return [...new Map(refs.map((ref) => [JSON.stringify(ref), ref])).values()];
}

/** Range of messages in which to search for the deliveries of a filter. Named deliveries need none. */
async function rangeOf(db: Database, tenantId: string, filter: SettledFilter): Promise<SeqRange> {
  const found = filter.deliveries ? null : await selectRange(db, tenantId, filter).first<SeqRange>();
  return found ?? { firstSeq: 1, endSeq: Number.MAX_SAFE_INTEGER };
}

/** The deliveries to change, and the range of messages in which to search for them. */
interface Chosen {
  filter: SettledFilter;
  range: SeqRange;
  now: number;
}

/** Statements of a change of settled deliveries. The statement that changes them answers a row for each. */
type ChangeMatching = (chosen: Chosen) => readonly Statement[];

/** Extent of one call: further calls with its `asOf` change the deliveries that are left, and no other. */
export interface Slice {
  /** Number of deliveries that the selection finds, counted up to 100,000. */
  matched: number;
  /** True: there may be more than were counted. */
  capped: boolean;
  /** Number of those that this call did not change. */
  left: number;
  /** Instant by which they were settled, in milliseconds. */
  asOf: number;
}

/** Changes the settled deliveries of a filter, at most 10,000 per call, and wakes the relay if it changed any. */
export async function changeMatching(
  tools: InterventionTools,
  tenantId: string,
  { filter: given, dryRun }: { filter: SettledFilter; dryRun: boolean },
  change: ChangeMatching,
): Promise<Slice & { changed: number }> {
  const { db, clock } = tools;
  const asOf = Math.min(given.asOf ?? Infinity, clock.now());
  // Named deliveries need no bound, and a clock ahead of this one may have settled them.
  const filter = given.deliveries ? given : { ...given, asOf };
  const range = await rangeOf(db, tenantId, filter);
  const now = clock.now();
  const { matched, changed } = await changeCounted(tools, {
    tenantId,
    dryRun,
    count: countMatching(db, tenantId, range, filter),
    statements: change({ filter, range, now }),
    affected: countAffected(tenantId, range, filter),
    subject: subjectOf(filter, tools.audit?.subject),
  });
  if (changed > 0) tools.wake(tenantId, now);
  return { matched, capped: matched >= limits.matchedCounted, changed, left: matched - changed, asOf };
}

/** Subject for the audit: the ids that a filter names in addition to the request's path. */
function subjectOf({ endpointId, deliveries }: SettledFilter, inPath: AuditSubject = {}): AuditSubject {
  return {
    ...(endpointId !== null && { endpoint: endpointId }),
    ...(deliveries &&
      inPath.message === undefined && {
        messages: [...new Set(deliveries.map(({ messageId }) => messageId))],
      }),
  };
}
