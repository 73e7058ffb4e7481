import { type Database, inOneBatch, readRows } from "../db/database.ts";
import { messageRef } from "../db/message-ref.ts";
import { readPayload } from "../db/payload.ts";
import { recipientsOf } from "../domain/email-status.ts";
import { messageId } from "../domain/message-id.ts";
import { RETURNED_FIELDS } from "../domain/sums.ts";
import { type AnnounceTools, announce } from "../outbox/announce.ts";
import type { Clock } from "../platform/clock.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import { announcementOf } from "./announce-event.ts";
import { type EmailMessage, type MatchedEvent, matchEvent } from "./match-events.ts";
import type { ProviderEvent } from "./provider-event.ts";
import {
  countReturned,
  dropUnmatched,
  type FoundRow,
  insertEvents,
  keepUnmatched,
  markComplained,
  selectByRefs,
  selectByTags,
  suppress,
  type UnmatchedEvent,
} from "./statements.ts";
import { suppressingBy } from "./suppressing.ts";

export interface RecordTools extends AnnounceTools {
  clock: Clock;
  wake: (tenantId: string, at: number) => void;
}

/** Numbers of events, of which one for several recipients counts for each. */
export interface Recorded {
  /** Recorded now. */
  recorded: number;
  /** On record before, or beyond the number that is kept. */
  repeated: number;
  /** Kept, because their e-mail is not on record yet. */
  unmatched: number;
  /** Of no e-mail of this outbox, or of none that is still there. */
  foreign: number;
}

export function noneRecorded(): Recorded {
  return { recorded: 0, repeated: 0, unmatched: 0, foreign: 0 };
}

export function addRecorded(sum: Recorded, some: Recorded): void {
  for (const name of Object.keys(sum) as (keyof Recorded)[]) sum[name] += some[name];
}

/**
 * Records verified events, with all that follows from them, in one transaction for each hundred. An event that comes again
 * changes nothing, and neither does the order in which they come.
 * @param keptIds ids of events that were kept until now
 */
export async function recordEvents(
  tools: RecordTools,
  events: readonly ProviderEvent[],
  keptIds: readonly string[] = [],
): Promise<Recorded> {
  const sum = noneRecorded();
  for (let from = 0; from < events.length; from += limits.emailEventsAtOnce) {
    const some = events.slice(from, from + limits.emailEventsAtOnce);
    addRecorded(sum, await recordSome(tools, some, keptIds));
  }
  return sum;
}

async function recordSome(
  tools: RecordTools,
  events: readonly ProviderEvent[],
  keptIds: readonly string[],
): Promise<Recorded> {
  const now = tools.clock.now();
  const found = await findMessages(tools.db, events);
  const matches = events.map((event, place) => {
    const message = found.get(place);
    return message ? matchEvent(event, message, now) : [];
  });
  const matched = eachOnce(matches.flat());
  const lost = events.filter((_, place) => matches[place]?.length === 0);
  const unmatched = lost.flatMap((event) => waitingFor(event) ?? []);
  const counts = await write(tools, { matched, unmatched, keptIds, now });
  return { ...counts, foreign: lost.length - unmatched.length };
}

/** Of two events with one id the first counts, as if they had come one after the other. */
function eachOnce(matched: readonly MatchedEvent[]): MatchedEvent[] {
  const byId = new Map(
    matched
      .toReversed()
      .map((event) => [`${event.message.tenantId} ${event.message.seq} ${event.id}`, event]),
  );
  return [...byId.values()].toReversed();
}

/** Messages that events are about, by the position of the event. Each is read once, however many events it has. */
async function findMessages(
  db: Database,
  events: readonly ProviderEvent[],
): Promise<ReadonlyMap<number, EmailMessage>> {
  const keys = events.map(keyOf);
  const firstOf = (place: number) => keys.indexOf(keys[place] ?? null);
  const firsts = events.flatMap((event, place) => (firstOf(place) === place ? [{ event, place }] : []));
  const tagged = await Promise.all(
    firsts.map(async ({ event: { tags }, place }) => {
      const ref = tags && (await messageRef(db, tags.messageId));
      return ref ? [{ tenantId: tags.tenantId, ...ref, place }] : [];
    }),
  );
  const byRef = firsts.flatMap(({ event, place }) => {
    const ref = refOf(event);
    return ref === null ? [] : [{ ref, place }];
  });
  const [withTags, withRefs] = await readRows<[FoundRow, FoundRow]>(db, [
    selectByTags(db, tagged.flat()),
    selectByRefs(db, byRef),
  ]);
  const byPlace = Map.groupBy([...withTags, ...withRefs], ({ place }) => place);
  const messages = new Map([...byPlace].map(([place, rows]) => [place, messageOf(rows)]));
  return new Map(
    events.flatMap((_, place) => {
      const message = messages.get(firstOf(place));
      return message ? [[place, message]] : [];
    }),
  );
}

/** Equal for events that name their message alike. */
function keyOf(event: ProviderEvent): string | null {
  const { tags } = event;
  return tags ? `tags ${tags.tenantId} ${tags.messageId}` : refOf(event);
}

function messageOf(found: readonly FoundRow[]): EmailMessage {
  const [row] = found as readonly [FoundRow, ...FoundRow[]];
  const rows = found.filter(({ tenant_id, seq }) => tenant_id === row.tenant_id && seq === row.seq);
  const payload = rows.find(({ payload }) => payload !== null)?.payload;
  return {
    tenantId: row.tenant_id,
    seq: row.seq,
    messageId: messageId(row),
    eventType: row.event_type,
    recipients: payload == null ? [] : recipientsOf(JSON.parse(readPayload(payload))),
    deliveries: rows.map(({ endpoint_id, target }) => ({ endpointId: endpoint_id, target })),
    isSensitive: row.is_sensitive === 1,
  };
}

/** Reference of an event that its provider's id alone finds. */
function refOf({ provider, providerId, tags }: ProviderEvent): string | null {
  return provider === "cloudflare" && tags === null && providerId !== null
    ? `${provider} ${providerId}`
    : null;
}

/** Only an e-mail that is found by its provider's id is put on record after it was sent. */
function waitingFor(event: ProviderEvent): UnmatchedEvent | undefined {
  const ref = refOf(event);
  if (ref === null) return undefined;
  return { id: `${event.provider} ${event.id}`, ref, event: JSON.stringify(event) };
}

interface Writing {
  matched: readonly MatchedEvent[];
  unmatched: readonly UnmatchedEvent[];
  keptIds: readonly string[];
  now: number;
}

/** Whatever follows from an event asks whether it is on record; the record itself comes last. */
async function write(
  tools: RecordTools,
  { matched, unmatched, keptIds, now }: Writing,
): Promise<Omit<Recorded, "foreign">> {
  const { db, random, wake } = tools;
  if (matched.length + unmatched.length + keptIds.length === 0) {
    return { recorded: 0, repeated: 0, unmatched: 0 };
  }
  const announced = announce(tools, {
    announcements: matched.flatMap((event) => announcementOf(event, random) ?? []),
    guard: { kind: "fresh" },
    now,
  });
  const suppressing = matched.flatMap((event) => suppressingBy(event) ?? []);
  const returned = matched.filter(({ status }) => RETURNED_FIELDS.some((one) => one === status));
  const complaints = matched.filter(({ status }) => status === "complained");
  const [told = [], , [inserted] = []] = await inOneBatch(db, [
    announced.statements,
    [
      ...(suppressing.length > 0 ? [suppress(db, suppressing, now)] : []),
      ...(returned.length > 0 ? [countReturned(db, returned, now)] : []),
      ...(complaints.length > 0 ? [markComplained(db, complaints, now)] : []),
    ],
    [insertEvents(db, matched, now), keepUnmatched(db, unmatched, now), dropUnmatched(db, keptIds)],
  ]);
  for (const tenantId of announced.read(told)) wake(tenantId, now);
  const recorded = inserted?.results.length ?? 0;
  return { recorded, repeated: matched.length - recorded, unmatched: unmatched.length };
}
