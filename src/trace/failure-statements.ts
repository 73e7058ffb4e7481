import type { Database, Statement } from "../db/database.ts";
import { lookThrough } from "../db/look-through.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { attempts, endpoints } from "../db/schema.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { PageRequest } from "../domain/page.ts";
import { limits } from "../platform/limits.ts";
import { ATTEMPT_COLUMNS, type AttemptRow } from "./attempts.ts";
import { MESSAGE_COLUMNS, type MessageRow } from "./delivery-view.ts";
import type { FailureFilter } from "./filters.ts";
import type { Span } from "./span.ts";

/** A cursor in a list of failures. */
export interface FailureCursor {
  startedAt: number;
  seq: number;
  endpointId: string;
  number: number;
}

export interface FailurePageRequest extends FailureFilter, PageRequest<FailureCursor> {}

/** A failed attempt of a list, with facts of its message. */
export interface FailureRow extends AttemptRow, MessageRow, RowOf<typeof endpoints, "channel"> {
  found: number;
}

const ORDER = "started_at DESC, seq DESC, endpoint_id DESC, n DESC";
const OF_ENTRY = (entry: string) =>
  `outbox_attempts a ON a.tenant_id = ?1 AND a.seq = ${entry}.seq AND a.endpoint_id = ${entry}.endpoint_id AND a.n = ${entry}.n`;

/** A page of failed attempts, newest first, found in the index of attempts by time. */
export function selectFailurePage(db: Database, tenantId: string, page: FailurePageRequest): Statement {
  const { limit, after, since, until = Number.MAX_SAFE_INTEGER } = page;
  const end: FailureCursor = { startedAt: until, seq: 0, endpointId: "", number: 0 };
  const before = after && after.startedAt < until ? after : end;
  const found = lookThrough({
    cursor: "started_at, seq, endpoint_id, n",
    entries: `
      SELECT started_at, seq, endpoint_id, n FROM outbox_attempts INDEXED BY outbox_attempts_at
      WHERE tenant_id = ?1 AND started_at >= ?2 AND (started_at, seq, endpoint_id, n) < (?3, ?4, ?5, ?6)
      ORDER BY ${ORDER}`,
    matching: `
      CROSS JOIN ${OF_ENTRY("entry")}
      WHERE a.outcome <> 'delivered' AND (?7 IS NULL OR entry.endpoint_id = ?7)
        AND (?8 IS NULL OR a.error = ?8) AND (?9 IS NULL OR a.http_status = ?9)`,
    order: ORDER,
    look: "?10",
    wanted: "?11",
  });
  return db
    .prepare(`
      WITH ${found}
      SELECT page.found, ${MESSAGE_COLUMNS}, ${ATTEMPT_COLUMNS}, e.channel
      FROM page
        CROSS JOIN ${OF_ENTRY("page")}
        CROSS JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "page.seq")}
        CROSS JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = page.endpoint_id
      ORDER BY page.started_at DESC, page.seq DESC, page.endpoint_id DESC, page.n DESC`)
    .bind(
      tenantId,
      since ?? 0,
      before.startedAt,
      before.seq,
      before.endpointId,
      before.number,
      page.endpointId ?? null,
      page.error ?? null,
      page.httpStatus ?? null,
      limit * limits.lookedAtPerShown,
      limit + 1,
    );
}

const BY = ["endpoint_id", "error", "http_status"] as const;

/** Attempts at one endpoint that failed alike, and the newest message among theirs. */
export interface FailureGroupRow
  extends MessageIdRow,
    RowOf<typeof attempts, (typeof BY)[number] | "excerpt">,
    RowOf<typeof endpoints, "channel"> {
  looked: number;
  count: number;
  dead: number;
  first_at: number;
  last_at: number;
  /** Counts of the parts of the span, as JSON. */
  activity: string;
}

/** Row of a tenant without failures in the span. */
export interface NoFailureGroupRow {
  looked: number;
  endpoint_id: null;
}

const PARTS = limits.activityParts;
/** SQL: part of a span of ?7 milliseconds from ?2 on. An attempt that begins by a clock that is ahead is in the last one. */
const PART = `CAST(min((a.started_at - ?2) * ${PARTS} / max(?7, 1), ${PARTS - 1}) AS INTEGER)`;
const ACTIVITY = `json_array(${Array.from({ length: PARTS }, (_, part) => `sum(${PART} = ${part})`).join(", ")})`;

/** The newest attempts on record in a span, as many as are counted, the failed ones in groups. `looked`: number of all. */
export function selectFailureGroups(
  db: Database,
  tenantId: string,
  { span, counted: { since, until } }: { span: Span; counted: Span },
  endpointId: string | undefined,
): Statement {
  return db
    .prepare(`
      WITH alike AS MATERIALIZED (
        SELECT ${columnsOf<typeof attempts>("a", BY)}, a.outcome <> 'delivered' AS failed, count(*) AS count,
          sum(a.outcome = 'dead') AS dead, min(a.started_at) AS first_at, max(a.started_at) AS last_at, max(a.seq) AS newest,
          ${ACTIVITY} AS activity
        FROM (
          SELECT seq, endpoint_id, n FROM outbox_attempts INDEXED BY outbox_attempts_at
          WHERE tenant_id = ?1 AND started_at >= ?2 AND started_at < ?3 ORDER BY started_at DESC LIMIT ?5) entry
          CROSS JOIN ${OF_ENTRY("entry")}
        GROUP BY ${columnsOf<typeof attempts>("a", BY)}, failed),
      grouped AS (
        SELECT * FROM alike WHERE failed AND (?4 IS NULL OR endpoint_id = ?4)
        ORDER BY count DESC, last_at DESC, endpoint_id LIMIT ?6)
      SELECT looked, ${columnsOf<typeof attempts>("grouped", BY)}, count, dead, first_at, last_at, activity, e.channel, ${MESSAGE_ID},
        (SELECT a.excerpt FROM outbox_attempts a
          WHERE a.tenant_id = ?1 AND a.seq = newest AND a.endpoint_id = grouped.endpoint_id AND a.outcome <> 'delivered'
            AND a.error IS grouped.error AND a.http_status IS grouped.http_status ORDER BY a.n DESC LIMIT 1) AS excerpt
      FROM (SELECT coalesce(sum(count), 0) AS looked FROM alike)
        LEFT JOIN grouped
        LEFT JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = grouped.endpoint_id
        LEFT JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "newest")}
      ORDER BY count DESC, last_at DESC, grouped.endpoint_id`)
    .bind(
      tenantId,
      since,
      until,
      endpointId ?? null,
      limits.statsCounted,
      limits.groupsShown + 1,
      span.until - span.since,
    );
}
