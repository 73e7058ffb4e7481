import type { Database, Statement } from "../../db/database.ts";
import { DEAD } from "../../db/hopping.ts";
import { lookThrough } from "../../db/look-through.ts";
import { LAST_SEQ, messageKeyOf } from "../../db/message-key.ts";
import { MESSAGE_ID } from "../../db/message-ref.ts";
import { columnsOf, type RowOf } from "../../db/row.ts";
import type { deliveries, endpoints, messages } from "../../db/schema.ts";
import type { MessageIdRow } from "../../domain/message-id.ts";
import type { PageRequest } from "../../domain/page.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { limits } from "../../platform/limits.ts";

/** A cursor in the dead letters of all tenants. */
export interface DeadLetterCursor {
  tenantId: string;
  seq: number;
  endpointId: string;
}

/** SQL: dead letters from the cursor ?1, ?2, ?3 on: the last tenants first, and of each the newest. */
const ENTRIES = `
  outbox_deliveries d INDEXED BY ${DEAD.index}
  WHERE d.state = 'dead' AND (d.tenant_id, d.seq, d.endpoint_id) < (?1, ?2, ?3)
  ORDER BY d.tenant_id DESC, d.seq DESC, d.endpoint_id DESC`;

/** Follows every id of a tenant. */
const AFTER_TENANTS = "~";

function cursorParams(after: DeadLetterCursor | undefined) {
  return [after?.tenantId ?? AFTER_TENANTS, after?.seq ?? LAST_SEQ, after?.endpointId ?? ""];
}

const OF_DELIVERY = [
  "tenant_id",
  "endpoint_id",
  "attempts",
  "settled_at",
  "reason",
  "http_status",
  "error",
  "excerpt",
] as const;
const OF_MESSAGE = ["event_type", "committed_at"] as const;

/** A dead letter with its tenant's name. */
export interface DeadLetterRow
  extends MessageIdRow,
    RowOf<typeof deliveries, (typeof OF_DELIVERY)[number]>,
    RowOf<typeof messages, (typeof OF_MESSAGE)[number]>,
    RowOf<typeof endpoints, "channel"> {
  found: number;
  tenant_name: string | null;
}

/** A page of the dead letters of all tenants but deleted ones. */
export function selectDeadLetters(db: Database, { limit, after }: PageRequest<DeadLetterCursor>): Statement {
  const page = lookThrough({
    cursor: "tenant_id, seq, endpoint_id",
    entries: `SELECT d.tenant_id, d.seq, d.endpoint_id FROM ${ENTRIES}`,
    matching: "CROSS JOIN outbox_tenants t ON t.id = entry.tenant_id WHERE t.state <> 'deleted'",
    order: "tenant_id DESC, seq DESC, endpoint_id DESC",
    look: "?4",
    wanted: "?5",
  });
  return db
    .prepare(`
      WITH ${page}
      SELECT page.found, ${MESSAGE_ID}, ${columnsOf<typeof messages>("m", OF_MESSAGE)},
        ${columnsOf<typeof deliveries>("d", OF_DELIVERY)}, e.channel, t.name AS tenant_name
      FROM page
        CROSS JOIN outbox_tenants t ON t.id = page.tenant_id
        CROSS JOIN outbox_deliveries d
          ON d.tenant_id = page.tenant_id AND d.seq = page.seq AND d.endpoint_id = page.endpoint_id
        CROSS JOIN outbox_messages m ON m.id = ${messageKeyOf("t.number", "page.seq")}
        CROSS JOIN outbox_endpoints e ON e.tenant_id = page.tenant_id AND e.id = page.endpoint_id
      ORDER BY page.tenant_id DESC, page.seq DESC, page.endpoint_id DESC`)
    .bind(...cursorParams(after), limit * deploymentLimits.deadLookedPerShown, limit + 1);
}

const BY = ["tenant_id", "endpoint_id", "reason", "error", "http_status"] as const;

/** Dead letters of one endpoint of a tenant that died alike, and the newest of them. */
export interface GroupOfAllRow
  extends MessageIdRow,
    RowOf<typeof deliveries, (typeof BY)[number] | "excerpt">,
    RowOf<typeof endpoints, "channel"> {
  tenant_name: string | null;
  count: number;
  first_at: number;
  last_at: number;
}

/** Groups of the next dead letters of all tenants, the largest first. */
export function selectGroupsOfAll(db: Database, after: DeadLetterCursor | undefined): Statement {
  return db
    .prepare(`
      WITH grouped AS MATERIALIZED (
        SELECT ${BY.join(", ")}, count(*) AS count, min(settled_at) AS first_at, max(settled_at) AS last_at, max(seq) AS newest
        FROM (SELECT ${columnsOf<typeof deliveries>("d", BY)}, d.settled_at, d.seq FROM ${ENTRIES} LIMIT ?4)
        GROUP BY ${BY.join(", ")})
      SELECT ${columnsOf<typeof deliveries>("grouped", BY)}, count, first_at, last_at, t.name AS tenant_name, e.channel,
        ${MESSAGE_ID},
        (SELECT d.excerpt FROM outbox_deliveries d WHERE d.tenant_id = grouped.tenant_id AND d.seq = newest
          AND d.endpoint_id = grouped.endpoint_id) AS excerpt
      FROM (
          SELECT grouped.* FROM grouped CROSS JOIN outbox_tenants live ON live.id = grouped.tenant_id
          WHERE live.state <> 'deleted' ORDER BY count DESC, last_at DESC, tenant_id, endpoint_id LIMIT ?5) grouped
        CROSS JOIN outbox_tenants t ON t.id = grouped.tenant_id
        CROSS JOIN outbox_endpoints e ON e.tenant_id = grouped.tenant_id AND e.id = grouped.endpoint_id
        CROSS JOIN outbox_messages m ON m.id = ${messageKeyOf("t.number", "newest")}
      ORDER BY count DESC, last_at DESC, grouped.tenant_id, grouped.endpoint_id`)
    .bind(...cursorParams(after), deploymentLimits.deadGrouped, limits.groupsShown + 1);
}

/** Row of a cursor in the dead letters. */
export type LastGroupedRow = RowOf<typeof deliveries, "tenant_id" | "seq" | "endpoint_id">;

/** The last of the next dead letters, if so many follow, and the one after it. */
export function selectLastGrouped(db: Database, after: DeadLetterCursor | undefined): Statement {
  return db
    .prepare(`
      SELECT d.tenant_id, d.seq, d.endpoint_id FROM ${ENTRIES} LIMIT 2 OFFSET ?4 - 1`)
    .bind(...cursorParams(after), deploymentLimits.deadGrouped);
}
