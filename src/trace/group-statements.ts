import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import { MESSAGE_ID } from "../db/message-ref.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, endpoints } from "../db/schema.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import { limits } from "../platform/limits.ts";
import type { DeadLetterFilter } from "./filters.ts";
import { COMMITTED, SPAN } from "./list-statements.ts";

const BY = ["endpoint_id", "reason", "error", "http_status"] as const;

/** Dead letters of one endpoint that died alike, and the newest of them. */
export interface GroupRow
  extends MessageIdRow,
    RowOf<typeof deliveries, (typeof BY)[number] | "excerpt">,
    RowOf<typeof endpoints, "channel"> {
  looked: number;
  count: number;
  first_at: number;
  last_at: number;
}

/** Row of a tenant without dead letters that match. */
export interface NoGroupRow {
  looked: number;
  endpoint_id: null;
}

/** The newest dead letters of a tenant, as many as are counted, in groups, the largest first. `looked`: number of them. */
export function selectDeadLetterGroups(db: Database, tenantId: string, filter: DeadLetterFilter): Statement {
  return db
    .prepare(`
      WITH ${SPAN}, letters AS MATERIALIZED (
        SELECT ${columnsOf<typeof deliveries>("d", BY)}, d.settled_at, d.seq
        FROM outbox_deliveries d INDEXED BY outbox_deliveries_dead
        WHERE d.tenant_id = ?1 AND d.state = 'dead'
          AND d.seq >= (SELECT first FROM span) AND d.seq < (SELECT end FROM span)
          AND (?2 IS NULL AND ?3 IS NULL OR EXISTS (
            SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "d.seq")} AND ${COMMITTED}))
        ORDER BY d.seq DESC LIMIT ?6),
      grouped AS (
        SELECT ${BY.join(", ")}, count(*) AS count, min(settled_at) AS first_at, max(settled_at) AS last_at, max(seq) AS newest
        FROM letters
        WHERE (?5 IS NULL OR endpoint_id = ?5)
          AND (?8 IS NULL OR EXISTS (
            SELECT 1 FROM outbox_messages m WHERE m.tenant_id = ?1 AND m.id = ${messageKey("?1", "letters.seq")} AND m.event_type = ?8))
          AND (?9 IS NULL OR EXISTS (
            SELECT 1 FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = letters.endpoint_id AND e.channel = ?9))
          AND (?10 IS NULL OR reason = ?10) AND (?11 IS NULL OR error = ?11) AND (?12 IS NULL OR http_status = ?12)
        GROUP BY ${BY.join(", ")} ORDER BY count DESC, last_at DESC, endpoint_id LIMIT ?7)
      SELECT looked, ${columnsOf<typeof deliveries>("grouped", BY)}, count, first_at, last_at, e.channel, ${MESSAGE_ID},
        (SELECT d.excerpt FROM outbox_deliveries d
          WHERE d.tenant_id = ?1 AND d.seq = newest AND d.endpoint_id = grouped.endpoint_id) AS excerpt
      FROM (SELECT count(*) AS looked FROM letters)
        LEFT JOIN grouped
        LEFT JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = grouped.endpoint_id
        LEFT JOIN outbox_messages m ON m.tenant_id = ?1 AND m.id = ${messageKey("?1", "newest")}
      ORDER BY count DESC, last_at DESC, grouped.endpoint_id`)
    .bind(
      tenantId,
      filter.since ?? null,
      filter.until ?? null,
      limits.commitSkewMs,
      filter.endpointId ?? null,
      limits.statsCounted,
      limits.groupsShown + 1,
      filter.eventType ?? null,
      filter.channel ?? null,
      filter.reason ?? null,
      filter.error ?? null,
      filter.httpStatus ?? null,
    );
}
