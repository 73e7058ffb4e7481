import type { Database, Statement } from "../db/database.ts";
import { SET_ASIDE } from "../db/email-schema.ts";
import { messageKey } from "../db/message-key.ts";
import { ID_KEY } from "../db/message-ref.ts";
import { payloadText } from "../db/payload.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { emailUnmatched, messages } from "../db/schema.ts";
import { addToSums, COUNT_RETURNED, spanOf } from "../db/sums.ts";
import { SUPPRESSION_REASONS, type SuppressionReason } from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { MessageRef } from "../domain/message-id.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import type { MatchedEvent } from "./match-events.ts";

const OF_MESSAGE = ["tenant_id", "nonce", "event_type"] as const;

/** A delivery by e-mail of a message that an event is about. */
export interface FoundRow extends RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {
  seq: number;
  id_key: string;
  /** Position of the reference by which it was found. */
  place: number;
  endpoint_id: string;
  target: string;
  /** 1 for a sensitive e-mail. */
  is_sensitive: 0 | 1;
  /** Payload of a direct e-mail, of which little but the recipients is left unless it is gzipped; null otherwise. */
  payload: string | null;
}

/** A list of strings, or a string; an e-mail may have megabytes beside them. */
const PLAIN_RECIPIENTS = `json_object(${["to", "cc", "bcc"].map((name) => `'${name}', json_extract(m.payload, '$.${name}')`).join(", ")})`;
const FOUND = `
  SELECT found.place, ${columnsOf<typeof messages>("m", OF_MESSAGE)}, d.seq, ${ID_KEY}, d.endpoint_id, e.target,
    m.sealed IS NOT NULL AS is_sensitive,
    CASE WHEN d.endpoint_id <> '${DIRECT_EMAIL_ENDPOINT}' THEN NULL WHEN typeof(m.payload) = 'text' THEN ${PLAIN_RECIPIENTS}
      ELSE ${payloadText("m")} END AS payload`;
const OF_FOUND = `
  CROSS JOIN outbox_tenants t ON t.id = m.tenant_id AND t.state <> 'deleted'
  CROSS JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.channel = 'email'`;

/** Deliveries by e-mail of messages, by our ids, each of which is given once. The nonce proves that an id was made for this tenant. */
export function selectByTags(
  db: Database,
  refs: readonly ({ tenantId: string; place: number } & MessageRef)[],
): Statement {
  return db
    .prepare(`
      ${FOUND}
      FROM (
        SELECT value ->> 'place' AS place, value ->> 'tenantId' AS tenant_id, value ->> 'seq' AS seq, value ->> 'nonce' AS nonce
        FROM json_each(?1)) found
        CROSS JOIN outbox_messages m ON m.id = ${messageKey("found.tenant_id", "found.seq")} AND m.tenant_id = found.tenant_id
          AND m.nonce = found.nonce
        CROSS JOIN outbox_deliveries d ON d.tenant_id = m.tenant_id AND d.seq = m.seq
        ${OF_FOUND}`)
    .bind(JSON.stringify(refs));
}

/** Deliveries by e-mail, by their provider's id, each of which is given once. */
export function selectByRefs(db: Database, refs: readonly { ref: string; place: number }[]): Statement {
  return db
    .prepare(`
      ${FOUND}
      FROM (SELECT value ->> 'place' AS place, value ->> 'ref' AS ref FROM json_each(?1)) found
        CROSS JOIN outbox_deliveries d INDEXED BY outbox_deliveries_ref
          ON d.provider_ref = found.ref AND d.provider_ref IS NOT NULL
        CROSS JOIN outbox_messages m ON m.id = ${messageKey("d.tenant_id", "d.seq")} AND m.tenant_id = d.tenant_id
        ${OF_FOUND}`)
    .bind(JSON.stringify(refs));
}

/** SQL: the event `e` is not on record, and its message is. */
const IS_FRESH = `
  NOT EXISTS (SELECT 1 FROM outbox_email_events x WHERE x.tenant_id = e.tenant_id AND x.seq = e.seq AND x.id = e.id)
  AND EXISTS (
    SELECT 1 FROM outbox_messages m CROSS JOIN outbox_tenants t ON t.id = m.tenant_id AND t.state <> 'deleted'
    WHERE m.tenant_id = e.tenant_id AND m.id = ${messageKey("e.tenant_id", "e.seq")})`;

const rankOf = (reason: string) =>
  `CASE ${reason} ${SUPPRESSION_REASONS.map((one, rank) => `WHEN '${one}' THEN ${rank}`).join(" ")} END`;

/** Suppression by an event. `until` in milliseconds; null: for ever. */
export interface Suppressing {
  event: MatchedEvent;
  reason: Exclude<SuppressionReason, "by_request">;
  until: number | null;
}

/**
 * Suppresses the addresses of events that are not on record yet. A hard bounce of a second message suppresses for ever. Nothing
 * that is there becomes shorter or less grave, so the order of events is of no account.
 */
export function suppress(db: Database, suppressing: readonly Suppressing[], now: number): Statement {
  const entries = suppressing.map(({ event, reason, until }) => ({
    ...keyOf(event),
    ...{
      address: event.address,
      reason,
      until,
      hardSeq: reason === "hard_bounce" ? event.message.seq : null,
    },
  }));
  return db
    .prepare(`
      INSERT INTO outbox_suppressions (tenant_id, address, reason, until, hard_seq, created_at, updated_at)
      SELECT e.tenant_id, e.address, e.reason, e.until, e.hard_seq, ?2, ?2
      FROM (
        SELECT value ->> 'tenantId' AS tenant_id, value ->> 'seq' AS seq, value ->> 'id' AS id, value ->> 'address' AS address,
          value ->> 'reason' AS reason, value ->> 'until' AS until, value ->> 'hardSeq' AS hard_seq
        FROM json_each(?1)) e
      WHERE ${IS_FRESH}
      ON CONFLICT (tenant_id, address) DO UPDATE SET
        reason = iif(${rankOf("excluded.reason")} > ${rankOf("outbox_suppressions.reason")}, excluded.reason, reason),
        until = iif(until IS NULL OR excluded.until IS NULL OR coalesce(hard_seq <> excluded.hard_seq, 0), NULL,
          max(until, excluded.until)),
        hard_seq = min(coalesce(hard_seq, excluded.hard_seq), coalesce(excluded.hard_seq, hard_seq)),
        updated_at = ?2`)
    .bind(JSON.stringify(entries), now);
}

function keyOf({ message, id }: MatchedEvent) {
  return { tenantId: message.tenantId, seq: message.seq, id };
}

/** Events as rows, without what nobody asks for before they are on record. */
const asRows = (events: readonly MatchedEvent[]) =>
  JSON.stringify(
    events.map((event) => ({ ...keyOf(event), endpointId: event.endpointId, status: event.status })),
  );

const BOUNCED = `
  SELECT value ->> 'tenantId' AS tenant_id, value ->> 'seq' AS seq, value ->> 'id' AS id, value ->> 'endpointId' AS endpoint_id,
    value ->> 'status' AS status
  FROM json_each(?1)`;

/**
 * Adds bounces and complaints that are not on record yet to the sums of the endpoint and of the deployment. An e-mail counts
 * once for each status.
 */
export function countReturned(db: Database, events: readonly MatchedEvent[], now: number): Statement {
  return db
    .prepare(
      addToSums(`
      WITH fresh AS MATERIALIZED (
        SELECT DISTINCT e.tenant_id, e.seq, e.endpoint_id, e.status FROM (${BOUNCED}) e
        WHERE ${IS_FRESH} AND NOT EXISTS (
          SELECT 1 FROM outbox_email_events had WHERE had.tenant_id = e.tenant_id AND had.seq = e.seq
            AND had.endpoint_id = e.endpoint_id AND had.status = e.status))
      SELECT sums.tenant_id, sums.endpoint_id, ${SUM_STEPS_MS[0]} AS step, ${spanOf("?2", SUM_STEPS_MS[0])} AS at, ${COUNT_RETURNED}
      FROM (
        SELECT tenant_id, endpoint_id, status FROM fresh UNION ALL SELECT '', 'email', status FROM fresh) sums
      GROUP BY sums.tenant_id, sums.endpoint_id`),
    )
    .bind(asRows(events), now);
}

/** Has the cron judge the complaints of tenants about which there is one that is not on record yet. */
export function markComplained(db: Database, complaints: readonly MatchedEvent[], now: number): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants SET complained_at = ?2
      WHERE id IN (SELECT e.tenant_id FROM (${BOUNCED}) e WHERE ${IS_FRESH})`)
    .bind(asRows(complaints), now);
}

/** Records events, each once. Of those that say that an e-mail is put off, a bounded number. Answers the recorded ones. */
export function insertEvents(db: Database, events: readonly MatchedEvent[], now: number): Statement {
  const entries = events.map((event) => {
    const { endpointId, address, status, provider, providerId, detail, at } = event;
    return { ...keyOf(event), endpointId, address, status, provider, providerId, detail, at };
  });
  return db
    .prepare(`
      INSERT INTO outbox_email_events (tenant_id, seq, id, endpoint_id, address, status, provider, provider_id, detail, at,
        received_at)
      SELECT e.tenant_id, e.seq, e.id, e.endpoint_id, e.address, e.status, e.provider, e.provider_id, e.detail, e.at, ?2
      FROM (
        SELECT value ->> 'tenantId' AS tenant_id, value ->> 'seq' AS seq, value ->> 'id' AS id,
          value ->> 'endpointId' AS endpoint_id, value ->> 'address' AS address, value ->> 'status' AS status,
          value ->> 'provider' AS provider, value ->> 'providerId' AS provider_id, value ->> 'detail' AS detail,
          value ->> 'at' AS at
        FROM json_each(?1)) e
      WHERE ${IS_FRESH} AND (e.status <> 'deferred' OR (
        SELECT count(*) FROM outbox_email_events kept
        WHERE kept.tenant_id = e.tenant_id AND kept.seq = e.seq AND kept.status = 'deferred'
      ) < ${limits.emailDeferralsKept})
      ON CONFLICT DO NOTHING
      RETURNING tenant_id, seq, id`)
    .bind(JSON.stringify(entries), now);
}

/** An event that waits for its e-mail to be on record. */
export interface UnmatchedEvent {
  /** Id by which it is known when it comes again. */
  id: string;
  ref: string;
  /** The event as JSON. */
  event: string;
}

/** Keeps events, each once. Answers the kept ones. */
export function keepUnmatched(db: Database, unmatched: readonly UnmatchedEvent[], now: number): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_email_unmatched (id, ref, event, received_at)
      SELECT value ->> 'id', value ->> 'ref', value ->> 'event', ?2 FROM json_each(?1) WHERE true
      ON CONFLICT DO NOTHING RETURNING id`)
    .bind(JSON.stringify(unmatched), now);
}

/** Drops kept events, which are on record from now on. */
export function dropUnmatched(db: Database, ids: readonly string[]): Statement {
  return db
    .prepare("DELETE FROM outbox_email_unmatched WHERE id IN (SELECT value FROM json_each(?1))")
    .bind(JSON.stringify(ids));
}

const OF_UNMATCHED = ["id", "event", "received_at"] as const;

/** Kept event whose e-mail is on record by now. */
export type KeptRow = RowOf<typeof emailUnmatched, (typeof OF_UNMATCHED)[number]>;

export function selectMatchable(db: Database, limit: number): Statement {
  return db
    .prepare(`
      SELECT ${columnsOf<typeof emailUnmatched>("u", OF_UNMATCHED)} FROM outbox_email_unmatched u
      WHERE EXISTS (
        SELECT 1 FROM outbox_deliveries d INDEXED BY outbox_deliveries_ref
        WHERE d.provider_ref = u.ref AND d.provider_ref IS NOT NULL)
      LIMIT ?1`)
    .bind(limit);
}

/** Sets kept events aside: nothing records them, and they are kept for as long as others. */
export function setAside(db: Database, ids: readonly string[]): Statement {
  return db
    .prepare(`
      UPDATE outbox_email_unmatched SET ref = '${SET_ASIDE}' || ref
      WHERE id IN (SELECT value FROM json_each(?1)) AND ref NOT LIKE '${SET_ASIDE}%'`)
    .bind(JSON.stringify(ids));
}
