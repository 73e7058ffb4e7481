import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { lookThrough } from "../db/look-through.ts";
import { LAST_SEQ, messageKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { messages } from "../db/schema.ts";
import { seqSince } from "../db/seq-since.ts";
import type { PageRequest } from "../domain/page.ts";
import type { DeliveryState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";
import { DELIVERY_COLUMNS, type DeliveryRow, MESSAGE_COLUMNS, type MessageRow } from "./delivery-view.ts";
import { emailMatching, emailParams, type WithEmailFilter } from "./email-matching.ts";
import type { BlockedKeyFilter, KeyFilter, MessageFilter } from "./filters.ts";

/** A cursor in a list of messages. */
export interface MessageCursor {
  seq: number;
}

/** A cursor in a list of deliveries. */
export interface DeliveryCursor extends MessageCursor {
  endpointId: string;
}

export interface MessagePageRequest extends MessageFilter, PageRequest<MessageCursor> {}
export interface DeliveryPageRequest extends WithEmailFilter, PageRequest<DeliveryCursor> {}
export interface BlockedKeyPageRequest extends BlockedKeyFilter, PageRequest<DeliveryCursor> {}
export interface KeyPageRequest extends KeyFilter, PageRequest<DeliveryCursor> {}

/**
 * ?1 to ?7 of every list: its range, with instants as sequence numbers, widened by the skew of clocks. `COMMITTED`
 * compares exactly.
 */
export const SPAN = `
  span AS MATERIALIZED (
    SELECT iif(?2 IS NULL, 0, ${seqSince("?1", "?2 - ?4")}) AS first,
      iif(?3 IS NULL, ${LAST_SEQ}, ${seqSince("?1", "?3 + ?4")}) AS end)`;
export const COMMITTED = "(?2 IS NULL OR m.committed_at >= ?2) AND (?3 IS NULL OR m.committed_at < ?3)";

function spanParams(tenantId: string, { since, until, limit }: MessagePageRequest | DeliveryPageRequest) {
  const look = limit * limits.lookedAtPerShown;
  return [tenantId, since ?? null, until ?? null, limits.commitSkewMs, look, limit + 1];
}

/** A message without its payload. */
export interface SummaryRow extends MessageRow, RowOf<typeof messages, "deliver_at"> {}

/** A message of a list. */
export interface ListedMessageRow extends SummaryRow {
  found: number;
  /** Number of deliveries in each state, as JSON. */
  states: string;
}

/**
 * A page of messages, newest first, each with the number of its deliveries by state. A list without a filter shows
 * every entry.
 */
export function selectMessagePage(db: Database, tenantId: string, query: MessagePageRequest): Statement {
  const page = lookThrough({
    cursor: "seq",
    entries: `
      SELECT id, seq, event_type FROM outbox_messages
      WHERE tenant_id = ?1 AND id >= ${messageKey("?1", "(SELECT first FROM span)")}
        AND id < ${messageKey("?1", "(SELECT min(?7, end) FROM span)")}
      ORDER BY id DESC`,
    matching: `
      CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "entry.seq")}
      WHERE (?8 IS NULL OR entry.event_type = ?8)
        AND (?9 IS NULL OR EXISTS (
          SELECT 1 FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = entry.seq AND d.endpoint_id = ?9))
        AND (NOT ?11 OR NOT EXISTS (SELECT 1 FROM outbox_deliveries d WHERE d.tenant_id = ?1 AND d.seq = entry.seq))
        AND (?10 IS NULL OR m.ordering_key = ?10) AND ${COMMITTED}`,
    order: "id DESC",
    look: "?5",
    wanted: "?6",
  });
  return db
    .prepare(`
      WITH ${SPAN}, ${page}
      SELECT page.found, ${MESSAGE_COLUMNS}, m.deliver_at, (
        SELECT json_group_object(state, count) FROM (
          SELECT d.state, count(*) AS count FROM outbox_deliveries d
          WHERE d.tenant_id = ?1 AND d.seq = page.seq GROUP BY d.state)) AS states
      FROM page CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "page.seq")}
      ORDER BY page.seq DESC`)
    .bind(
      ...spanParams(tenantId, query),
      query.after?.seq ?? LAST_SEQ,
      query.eventType ?? null,
      query.endpointId ?? null,
      query.orderingKey ?? null,
      Number(query.unmatched ?? false),
    );
}

/** A delivery of a list. `recipients` and `subject` are JSON, and there only when they were asked for. */
export interface ListedRow extends MessageRow, DeliveryRow {
  found: number;
  recipients?: string | null;
  subject?: string | null;
}

/** ?7 and ?8 are the cursor before the page. */
const WITHIN = `
  seq >= (SELECT first FROM span)
  AND (seq, endpoint_id) < (SELECT min(?7, end), ?8 FROM span)`;
const OF_DELIVERY = `
  CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = entry.seq AND d.endpoint_id = entry.endpoint_id`;
/** `row`: the table that holds the result of a delivery. */
const matching = (row: "entry" | "d") => `
  CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = entry.endpoint_id
  CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "entry.seq")}
  WHERE (?10 IS NULL OR entry.endpoint_id = ?10) AND (?11 IS NULL OR e.channel = ?11)
    AND (?12 IS NULL OR m.event_type = ?12) AND (?13 IS NULL OR ${row}.reason = ?13)
    AND (?14 IS NULL OR ${row}.error = ?14) AND (?15 IS NULL OR ${row}.http_status = ?15) AND ${COMMITTED}`;
const ORDER = "seq DESC, endpoint_id DESC";

const SHOWN = `SELECT page.found, ${MESSAGE_COLUMNS}, ${DELIVERY_COLUMNS}`;
const OF_PAGE = `
  FROM page
    CROSS JOIN outbox_deliveries d ON d.tenant_id = ?1 AND d.seq = page.seq AND d.endpoint_id = page.endpoint_id
    CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "page.seq")}
    CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = page.endpoint_id`;
const NEWEST_FIRST = "ORDER BY page.seq DESC, page.endpoint_id DESC";
/** Recipients and subject of e-mails, as JSON. A payload nested too deeply for SQLite has neither. */
const CONTENT = `,
  iif(json_valid(coalesce(m.email_head, m.payload)), coalesce(m.email_head, m.payload) -> '$.to', NULL) AS recipients,
  iif(json_valid(coalesce(m.email_head, m.payload)), coalesce(m.email_head, m.payload) -> '$.subject', NULL) AS subject`;

function deliveryParams(tenantId: string, query: DeliveryPageRequest) {
  return [
    ...spanParams(tenantId, query),
    query.after?.seq ?? LAST_SEQ,
    query.after?.endpointId ?? "",
    query.state ?? null,
    query.endpointId ?? null,
    query.channel ?? null,
    query.eventType ?? null,
    query.reason ?? null,
    query.error ?? null,
    query.httpStatus ?? null,
  ];
}

/** Dead and cancelled deliveries have an index of their own; others are searched along the primary key. */
function indexOf(state: DeliveryState | undefined): string {
  if (state === "dead") return "INDEXED BY outbox_deliveries_dead";
  return state === "cancelled" ? "INDEXED BY outbox_deliveries_cancelled" : "";
}

/** A page of deliveries, newest messages first. `content`: true to include recipients and subject. */
export function selectDeliveryPage(
  db: Database,
  tenantId: string,
  query: DeliveryPageRequest,
  content = false,
) {
  const index = indexOf(query.state);
  const page = lookThrough({
    cursor: "seq, endpoint_id",
    entries: `
      SELECT seq, endpoint_id, state, reason, error, http_status FROM outbox_deliveries ${index}
      WHERE tenant_id = ?1 ${index && `AND state = '${query.state}'`} AND ${WITHIN} ORDER BY ${ORDER}`,
    matching: `${matching("entry")} AND (?9 IS NULL OR entry.state = ?9) ${emailMatching("entry", 16, query)}`,
    order: ORDER,
    look: "?5",
    wanted: "?6",
  });
  return db
    .prepare(`WITH ${SPAN}, ${page} ${SHOWN} ${content ? CONTENT : ""} ${OF_PAGE} ${NEWEST_FIRST}`)
    .bind(...deliveryParams(tenantId, query), ...emailParams(query));
}

/**
 * A page of `pending` or `leased` deliveries, while few are unsettled: they are sorted, so that the page is full. Each
 * is in the due index or in that of blocked keys, the head of a key in both; dead heads are in the latter too. Beyond
 * `unsettledSorted` entries it answers only a row with `found` = 0.
 */
export function selectUnsettledPage(
  db: Database,
  tenantId: string,
  query: DeliveryPageRequest,
  content = false,
) {
  const of = `tenant_id = ?1 AND ${query.endpointId === undefined ? "?10 IS NULL" : "endpoint_id = ?10"}`;
  return db
    .prepare(`
      WITH ${SPAN},
      entries AS MATERIALIZED (
        SELECT * FROM (
          SELECT seq, endpoint_id FROM outbox_deliveries INDEXED BY outbox_deliveries_due
          WHERE ${of} AND due_at IS NOT NULL AND behind = 0 LIMIT ?16 + 1)
        UNION ALL
        SELECT * FROM (
          SELECT seq, endpoint_id FROM outbox_deliveries INDEXED BY outbox_deliveries_key
          WHERE ${of} AND blocks = 1 LIMIT ?16 + 1)),
      found AS MATERIALIZED (
        SELECT entry.seq, entry.endpoint_id
        FROM (
          SELECT DISTINCT seq, endpoint_id FROM entries
          WHERE (SELECT count(*) FROM entries) <= ?16 AND ${WITHIN} ORDER BY ${ORDER}) entry
        ${OF_DELIVERY} AND d.state = ?9 ${matching("d")} ${emailMatching("d", 17, query)}
        ORDER BY entry.seq DESC, entry.endpoint_id DESC LIMIT ?6),
      page AS (
        SELECT 1 AS found, seq, endpoint_id FROM found
        UNION ALL
        SELECT * FROM (SELECT 0, seq, endpoint_id FROM entries LIMIT 1 OFFSET ?16))
      ${SHOWN} ${content ? CONTENT : ""} ${OF_PAGE} ${NEWEST_FIRST}`)
    .bind(...deliveryParams(tenantId, query), limits.unsettledSorted, ...emailParams(query));
}

/** The head of a blocked key, and how many deliveries are behind it. */
export interface BlockedKeyRow extends ListedRow {
  ordering_key: string;
  settled_at: number;
  waiting: number;
}

/**
 * A page of blocked keys after a cursor, ordered by the sequence number of the head's message. A key has one entry:
 * the first of several dead ones, as after a replay.
 */
export function selectBlockedKeys(
  db: Database,
  tenantId: string,
  { limit, after, endpointId }: BlockedKeyPageRequest,
): Statement {
  const page = lookThrough({
    cursor: "seq, endpoint_id",
    entries: `
      SELECT tenant_id, seq, endpoint_id, ordering_key FROM outbox_deliveries INDEXED BY outbox_deliveries_dead_heads
      WHERE tenant_id = ?1 AND state = 'dead' AND blocks = 1 AND (seq, endpoint_id) > (?2, ?3)
      ORDER BY seq, endpoint_id`,
    matching: `
      WHERE (?4 IS NULL OR entry.endpoint_id = ?4)
        AND NOT ${earlierBlocks("entry", "entry.endpoint_id", "AND earlier.state = 'dead'")}`,
    order: "seq, endpoint_id",
    look: "?5",
    wanted: "?6",
  });
  return db
    .prepare(`
      WITH ${page} ${SHOWN},
        (SELECT count(*) FROM (
          SELECT 1 FROM outbox_deliveries w INDEXED BY outbox_deliveries_key
          WHERE w.tenant_id = ?1 AND w.endpoint_id = d.endpoint_id AND w.ordering_key = d.ordering_key
            AND w.blocks = 1 AND w.seq > d.seq AND w.due_at IS NOT NULL LIMIT ?7)) AS waiting
      ${OF_PAGE} ORDER BY page.seq, page.endpoint_id`)
    .bind(
      tenantId,
      after?.seq ?? 0,
      after?.endpointId ?? "",
      endpointId ?? null,
      limit * limits.lookedAtPerShown,
      limit + 1,
      limits.waitingCounted,
    );
}

/** A page of the deliveries of an ordering key that hold back later ones, in the order in which they go. */
export function selectOfKey(
  db: Database,
  tenantId: string,
  { limit, after, endpointId, orderingKey }: KeyPageRequest,
): Statement {
  return db
    .prepare(`
      WITH page AS MATERIALIZED (
        SELECT 1 AS found, seq, endpoint_id FROM outbox_deliveries INDEXED BY outbox_deliveries_key
        WHERE tenant_id = ?1 AND endpoint_id = ?2 AND ordering_key = ?3 AND blocks = 1 AND seq > ?4
        ORDER BY seq LIMIT ?5)
      ${SHOWN} ${OF_PAGE} ORDER BY page.seq`)
    .bind(tenantId, endpointId, orderingKey, after?.seq ?? 0, limit + 1);
}
