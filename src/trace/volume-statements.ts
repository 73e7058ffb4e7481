import type { Database, Statement } from "../db/database.ts";
import { LAST_SEQ, messageKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { messages } from "../db/schema.ts";
import { seqSince } from "../db/seq-since.ts";
import { limits } from "../platform/limits.ts";

/** Messages of an event type. `looked`: number of them that were looked at, of which `count` are of the span. */
export interface VolumeRow extends RowOf<typeof messages, "event_type"> {
  looked: number;
  count: number;
}

/** The newest messages since an instant, as many as are counted, by event type. */
export function countVolumes(db: Database, tenantId: string, since: number): Statement {
  return db
    .prepare(`
      SELECT event_type, count(*) AS looked, sum(committed_at >= ?2) AS count
      FROM (
        SELECT event_type, committed_at FROM outbox_messages
        WHERE id >= ${messageKey("?1", seqSince("?1", "?2 - ?3"))} AND id <= ${messageKey("?1", String(LAST_SEQ))}
        ORDER BY id DESC LIMIT ?4)
      GROUP BY event_type`)
    .bind(tenantId, since, limits.commitSkewMs, limits.volumeCounted);
}
