import type { Database, Statement } from "../db/database.ts";
import { handlerEndpointId, handlerOfEndpoint, type KnownHandlers } from "../domain/handlers.ts";
import { type MessageIdRow, messageId } from "../domain/message-id.ts";
import type { TraceContext } from "../domain/trace-context.ts";
import type { CommitLease } from "./commit-lease.ts";
import { fanOutByEventType, fanOutToHandlers, fanOutToTargets } from "./fan-out-statements.ts";
import type { Draft } from "./message.ts";
import type { CommittedMessage } from "./plan.ts";
import type { FannedOutRow, LeasedAtCommit } from "./rows.ts";
import { type Admission, insertHandlerEndpoints, insertMessage } from "./statements.ts";

interface Along extends TraceContext {
  handlers: KnownHandlers;
  /** Idempotency key of the commit, kept with its first message. */
  key?: string | undefined;
  /** Lease of deliveries that can be handed over at once. Undefined: all are left to the relay. */
  lease?: CommitLease | undefined;
}

type InsertedRow = Omit<MessageIdRow, "nonce">;

/** Messages that were inserted, and their deliveries. */
interface Inserted {
  messages: CommittedMessage[];
  /** Deliveries under the lease of the commit. */
  leased: LeasedAtCommit[];
  /** Due instant of the first delivery that is left to the relay; null for none. */
  firstDueAt: number | null;
}

/** Statements for a batch, and a reader of their results. */
export interface Insertion {
  statements: Statement[];
  read(results: readonly D1Result[]): Inserted;
}

/** Inserts messages, each with the next number of its tenant's sequence, and their deliveries. */
export function insertMessages(
  db: Database,
  admission: Admission,
  drafts: readonly Draft[],
  { handlers, key, lease, traceparent, tracestate }: Along,
): Insertion {
  if (drafts.length === 0) return { statements: [], read: () => inserted([], []) };
  const { tenantId, now } = admission;
  const count = drafts.length;
  const byType = drafts.filter(({ endpointIds }) => !endpointIds).map(({ eventType }) => eventType);
  const subscriptions = subscriptionsTo(byType, handlers);
  const concerned = [...new Set([...subscriptions.map(({ name }) => name), ...namedIn(drafts, handlers)])];

  const prepare =
    concerned.length > 0 ? [insertHandlerEndpoints(db, tenantId, concerned.map(withId), now)] : [];
  const inserts = drafts.map((draft, position) =>
    insertMessage(db, admission, draft, {
      idempotencyKey: position === 0 ? (key ?? null) : null,
      traceparent,
      tracestate,
    }),
  );
  const newest = { tenantId, count, lease };
  const fanOuts = [
    ...(byType.length > 0 ? [fanOutByEventType(db, newest)] : []),
    ...(subscriptions.length > 0 ? [fanOutToHandlers(db, newest, subscriptions)] : []),
    ...(byType.length < count ? [fanOutToTargets(db, newest)] : []),
  ];
  return {
    statements: [...prepare, ...inserts, ...fanOuts],
    read: (results) => {
      const ofMessages = results.slice(prepare.length, prepare.length + count);
      const ofDeliveries = results.slice(prepare.length + count);
      const rows = ofDeliveries.flatMap(({ results }) => results as FannedOutRow[]);
      const deliveries = countBySeq(rows);
      const messages = drafts.map((draft, position) => {
        const row = ofMessages[position]?.results[0] as InsertedRow | undefined;
        return describe(draft, row, deliveries, now);
      });
      return inserted(messages, rows);
    },
  };
}

function inserted(messages: CommittedMessage[], rows: readonly FannedOutRow[]): Inserted {
  const waits = rows.flatMap(({ waits_until }) => waits_until ?? []);
  return { messages, leased: leasedOf(rows), firstDueAt: waits.length > 0 ? Math.min(...waits) : null };
}

function leasedOf(rows: readonly FannedOutRow[]): LeasedAtCommit[] {
  return rows.flatMap((row) => (row.endpoint_id === null ? [] : row));
}

function subscriptionsTo(eventTypes: readonly string[], handlers: KnownHandlers) {
  return [...new Set(eventTypes)].flatMap((eventType) =>
    handlers
      .subscribedTo(eventType)
      .map((name) => ({ eventType, name, endpointId: handlerEndpointId(name) })),
  );
}

/** The handlers of this Worker that messages go to. */
function namedIn(drafts: readonly Draft[], { forWork }: KnownHandlers): string[] {
  const named = drafts.flatMap(({ endpointIds }) => endpointIds ?? []).map(handlerOfEndpoint);
  return named.filter((name) => name !== undefined && forWork.has(name)) as string[];
}

const withId = (name: string) => ({ id: handlerEndpointId(name), name });

function countBySeq(rows: readonly { seq: number }[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { seq } of rows) counts.set(seq, (counts.get(seq) ?? 0) + 1);
  return counts;
}

function describe(
  draft: Draft,
  row: InsertedRow | undefined,
  deliveries: Map<number, number>,
  now: number,
): CommittedMessage {
  if (row === undefined) throw new Error("D1 did not return the sequence number of a message");
  return {
    id: messageId({ ...row, nonce: draft.nonce }),
    sequence: row.seq,
    eventType: draft.eventType,
    committedAt: new Date(now),
    deliveries: deliveries.get(row.seq) ?? 0,
  };
}
