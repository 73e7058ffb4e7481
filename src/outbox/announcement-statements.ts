import type { Database, Statement } from "../db/database.ts";
import { hasHealth, stillDisables } from "../db/disabling.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { messageKey, newestKey, newestSeq } from "../db/message-key.ts";
import { DIRECT_EMAIL_TYPE } from "../domain/event-type.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { ENDPOINT_STATES } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";
import type { Announcement, Announcing, Guard } from "./announcement.ts";

/** An announcement to one tenant. */
export interface AnnouncementEntry extends Omit<Announcement, "tenantId"> {
  to: string;
  /** Tenant that it is about; null for the whole deployment. */
  about: string | null;
  /** Endpoint that does not get it; null for none. */
  notTo: string | null;
}

/** SQL of a guard of the announcement `a`. `?3` and `?4` are the tenant and the endpoint, `?5` the guard as JSON. */
function holds(guard: Guard): string {
  const at = { tenantId: "?3", endpointId: "?4", evidence: "?5" };
  if (guard.kind === "told") return isNotTold(guard.of);
  if (guard.kind === "fresh") return IS_FRESH;
  if (guard.kind === "topic") return `t.state <> 'deleted' AND ${guard.isOut ? "" : "NOT"} ${IS_OUT}`;
  // Whatever state it is in: the mark that was told changes with it.
  if (guard.kind === "health") return hasHealth(at, ENDPOINT_STATES);
  if (guard.kind !== "leased") return stillDisables(guard, at);
  return `EXISTS (
    SELECT 1 FROM outbox_deliveries d
    WHERE d.tenant_id = a.about AND d.seq = a.seq AND d.endpoint_id = ?4 AND d.lease_token = ?5 ->> 'leaseToken')`;
}

/** SQL: the message of the announcement `a` is there, and the event that it tells of is not on record. */
const IS_FRESH = `m.id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM outbox_email_events x WHERE x.tenant_id = a.about AND x.seq = a.seq AND x.id = a.event_id)`;

/** SQL: the address of the guard has unsubscribed from its topic. */
const IS_OUT = `EXISTS (
  SELECT 1 FROM outbox_unsubscribes u WHERE u.tenant_id = a.about AND u.address = ?5 ->> 'address' AND u.topic = ?5 ->> 'topic')`;

function isNotTold(of: (Guard & { kind: "told" })["of"]): string {
  if (of === "filling") {
    return "EXISTS (SELECT 1 FROM outbox_sweep s WHERE s.id = 1 AND s.filling_told_at IS a.told_at)";
  }
  return `EXISTS (
    SELECT 1 FROM outbox_tenants told WHERE told.id = a.about AND told.state <> 'deleted' AND told.${of}_told_at IS a.told_at)`;
}

/** SQL: number of deliveries that wait for the endpoint `?4` of the tenant `?3`, as far as it is counted. */
const WAITING = `(
  SELECT iif(count(*) > ${limits.waitingCounted}, 'more than ${limits.waitingCounted}', count(*)) FROM (
    SELECT 1 FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
    WHERE d.tenant_id = ?3 AND d.endpoint_id = ?4 AND d.due_at IS NOT NULL AND d.behind = 0 LIMIT ${limits.waitingCounted} + 1))`;

/** Stands in the text of an e-mail for the number of deliveries that wait. */
export const WAITING_MARK = "{waiting}";

/** SQL: payload of the announcement `a` about the tenant `t`. To another tenant it names that tenant. */
const PAYLOAD = `
  CASE
    WHEN a.event_type = '${DIRECT_EMAIL_TYPE}' THEN json_set(a.payload, '$.to', json_array(t.notify_email),
      '$.text', replace(a.payload ->> 'text', '${WAITING_MARK}', ${WAITING}))
    WHEN a.about <> a.recipient THEN json_set(a.payload, '$.tenantName', t.name)
    ELSE a.payload
  END`;

/**
 * Messages of the announcements whose guard holds, each for the first endpoints that subscribe to its event type by name.
 * Endpoints for all event types get none. E-mails are for the address that the tenant gives for them, and its built-in endpoint.
 */
export function insertAnnouncements(
  db: Database,
  entries: readonly AnnouncementEntry[],
  { guard, endpoint, now }: Omit<Announcing, "announcements">,
): Statement {
  return db
    .prepare(`
      WITH entry AS MATERIALIZED (
        SELECT key AS place, value ->> 'to' AS recipient, value ->> 'about' AS about, value ->> 'notTo' AS not_to,
          value ->> 'eventType' AS event_type, value ->> 'nonce' AS nonce, value ->> 'payload' AS payload,
          value ->> 'orderingKey' AS ordering_key, value ->> 'seq' AS seq, value ->> 'toldAt' AS told_at,
          value ->> 'eventId' AS event_id
        FROM json_each(?1)
      ),
      wanted AS MATERIALIZED (
        SELECT recipient, event_type, not_to, json_group_array(id) AS endpoint_ids FROM (
          SELECT kind.*, e.id,
            row_number() OVER (PARTITION BY recipient, event_type, not_to ORDER BY e.created_at, e.id) AS number
          FROM (SELECT DISTINCT recipient, event_type, not_to FROM entry) kind
            CROSS JOIN outbox_endpoints e INDEXED BY outbox_endpoints_live
              ON e.tenant_id = kind.recipient AND e.state <> 'deleted' AND e.state IN ('enabled', 'paused')
              AND e.id IS NOT not_to AND iif(event_type = '${DIRECT_EMAIL_TYPE}', e.id = '${DIRECT_EMAIL_ENDPOINT}',
                event_type IN (SELECT value FROM json_each(e.event_types))))
        WHERE number <= ${limits.listenersPerSystemEvent}
        GROUP BY recipient, event_type, not_to
      )
      INSERT INTO outbox_messages (tenant_id, id, nonce, event_type, payload, payload_bytes, ordering_key, endpoint_ids,
        traceparent, tracestate, committed_at)
      SELECT recipient,
        ${messageKey("made.recipient", `${newestSeq("made.recipient")} + row_number() OVER (PARTITION BY recipient ORDER BY place)`)},
        nonce, event_type, payload, octet_length(payload), ordering_key, endpoint_ids, traceparent, tracestate, ?2
      FROM (
        SELECT a.place, a.recipient, a.nonce, a.event_type, ${PAYLOAD} AS payload, a.ordering_key, wanted.endpoint_ids,
          m.traceparent, m.tracestate
        FROM entry a
          JOIN wanted ON wanted.recipient = a.recipient AND wanted.event_type = a.event_type AND wanted.not_to IS a.not_to
          LEFT JOIN outbox_tenants t ON t.id = a.about
          LEFT JOIN outbox_messages m ON m.tenant_id = a.about AND m.id = ${messageKey("a.about", "a.seq")}
        WHERE (a.event_type <> '${DIRECT_EMAIL_TYPE}' OR t.notify_email IS NOT NULL) AND ${holds(guard)}
      ) made`)
    .bind(
      JSON.stringify(entries),
      now,
      endpoint?.tenantId ?? null,
      endpoint?.endpointId ?? null,
      ...(guard.kind === "told" || guard.kind === "fresh" ? [] : [JSON.stringify(guard)]),
    );
}

/** Deliveries of the announcements made. */
export function fanOutAnnouncements(db: Database, entries: readonly AnnouncementEntry[]): Statement {
  const counts = Object.groupBy(entries, ({ to }) => to);
  const recipients = Object.entries(counts).map(([to, of = []]) => ({ to, count: of.length }));
  const to = "recipient.value ->> 'to'";
  return db
    .prepare(`
      INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, blocks, behind)
      SELECT m.tenant_id, m.seq, target.value, m.ordering_key, m.payload_bytes, 'pending', m.committed_at,
        m.ordering_key IS NOT NULL,
        m.ordering_key IS NOT NULL AND (
          row_number() OVER (PARTITION BY m.tenant_id, target.value, m.ordering_key ORDER BY m.seq) > 1
          OR ${earlierBlocks("m", "target.value")})
      FROM json_each(?1) recipient
        CROSS JOIN outbox_messages m ON m.id > ${messageKey(to, `${newestSeq(to)} - (recipient.value ->> 'count')`)}
          AND m.id <= ${newestKey(to)}
        CROSS JOIN json_each(m.endpoint_ids) target
      WHERE m.nonce IN (SELECT value FROM json_each(?2))
      RETURNING tenant_id`)
    .bind(JSON.stringify(recipients), JSON.stringify(entries.map(({ nonce }) => nonce)));
}
