import { SUPPRESSED } from "../../src/domain/email-status.ts";
import { parseMessageId } from "../../src/domain/message-id.ts";
import type { Played } from "./play.ts";
import type { Telling } from "./sim-events.ts";
import { LEASE_MS, TIMEOUT_MS } from "./sim-world.ts";

/** Clocks may be off by a second, either way. */
const SKEW_MS = 2_000;
const SUPPRESSING = ["hard_bounced", "complained"];
/** Statuses of which a system event tells. */
const TOLD = ["delivered", "hard_bounced", "complained"];

interface Recorded {
  /** Times that it is on record. */
  events: number;
  /** 1: it is kept until its e-mail is on record. */
  kept: number;
  /** 1: its e-mail is on record under the provider's id. */
  findable: number;
  /** Times that its tenant was told of it, and 1 if an endpoint of it listens. */
  told: number;
  listens: number;
  /** 1: its tenant was deleted, and nothing of it is recorded any more. */
  deleted: number;
}

/** Judges what came back about the e-mails of a history. */
export function judgeEvents(played: Played): string[] {
  const { mail, retention, faults } = played.world;
  // Nobody can say what was on record of a message that is gone.
  if (!mail || retention || faults.has("restore")) return [];
  return [
    ...mail.events.tellings.flatMap((telling) => judgeTelling(played, telling)),
    ...findSentInSpite(played),
  ];
}

/** An event that was confirmed is on record once, with what follows from it; or waits for an e-mail that is not. */
function judgeTelling({ world }: Played, { event, tenantId, messageId, isConfirmed }: Telling): string[] {
  const named = `${event.id} of ${messageId}`;
  if (!isConfirmed) return [`unconfirmed: ${named}`];
  const seq = parseMessageId(messageId, world.d1.idKey)?.seq ?? 0;
  const [address = ""] = event.recipients;
  const [row] = world.d1.query<Recorded>(
    `SELECT
       (SELECT count(*) FROM outbox_email_events WHERE tenant_id = ?1 AND seq = ?2 AND id LIKE '% ' || ?3 || ' %') AS events,
       (SELECT count(*) FROM outbox_email_unmatched WHERE id LIKE '% ' || ?3) AS kept,
       (SELECT count(*) FROM outbox_deliveries WHERE provider_ref = 'cloudflare ' || ?4) AS findable,
       (SELECT count(*) FROM outbox_messages WHERE tenant_id = ?1 AND payload ->> 'providerMessageId' = ?4
          AND event_type = CASE ?5 WHEN 'hard_bounced' THEN 'email.bounced' ELSE 'email.' || ?5 END) AS told,
       (SELECT count(*) FROM outbox_endpoints WHERE tenant_id = ?1 AND id LIKE '%listener') AS listens,
       (SELECT count(*) FROM outbox_tenants WHERE id = ?1 AND state = 'deleted') AS deleted`,
    tenantId,
    seq,
    event.id,
    event.providerId,
    event.status,
  );
  if (!row) return [`unread: ${named}`];
  if (row.deleted === 1) return [];
  if (!world.mail?.events.isTagged && row.findable === 0 && row.events === 0) {
    return row.kept === 1 ? [] : [`forgotten: ${named}`];
  }
  const told = TOLD.includes(event.status) && row.listens > 0 ? 1 : 0;
  return [
    ...(row.events === 1 ? [] : [`recorded ${row.events} times: ${named}`]),
    ...(row.kept === 0 ? [] : [`kept for nothing: ${named}`]),
    ...(row.told === told ? [] : [`told ${row.told} times of ${told}: ${named}`]),
    ...(SUPPRESSING.includes(event.status) && !isSuppressed(world, tenantId, address)
      ? [`not suppressed: ${address}, after ${named}`]
      : []),
  ];
}

export function isSuppressed({ d1 }: Played["world"], tenantId: string, address: string): boolean {
  const sql = "SELECT 1 FROM outbox_suppressions WHERE tenant_id = ? AND address = ?";
  return d1.query(sql, tenantId, address).length > 0;
}

/**
 * No e-mail goes to a suppressed address later, but in a request that was made up before; and none dies of it that goes to
 * another address, or was sent.
 */
function findSentInSpite({ world }: Played): string[] {
  const rows = world.d1.query<{
    tenant_id: string;
    seq: number;
    nonce: string;
    reason: string;
    since: number;
    noted: number | null;
  }>(
    `SELECT m.tenant_id, m.seq, m.nonce, d.reason, s.created_at AS since,
       (SELECT min(at) FROM noted_requests r WHERE r.tenant_id = m.tenant_id AND r.seq = m.seq) AS noted
     FROM all_messages m JOIN all_deliveries d USING (tenant_id, seq)
       LEFT JOIN outbox_suppressions s ON s.tenant_id = m.tenant_id AND s.address = m.payload ->> '$.to[0]'
     WHERE d.endpoint_id = 'ep_email' AND (d.reason = '${SUPPRESSED}' OR s.created_at IS NOT NULL)`,
  );
  return rows.flatMap(({ tenant_id, seq, nonce, reason, since, noted }) => {
    if (reason === SUPPRESSED && since === null) return [`suppressed for nothing: ${seq} of ${tenant_id}`];
    const sent = [...(world.mail?.sent ?? [])].find(([id]) => id.endsWith(nonce))?.[1] ?? [];
    const underWayUntil = since + LEASE_MS + TIMEOUT_MS + SKEW_MS;
    const late = sent.filter((at) => at > underWayUntil);
    if (late.length > 0 && reason === SUPPRESSED)
      return [`sent, and said to be suppressed: ${seq} of ${tenant_id}`];
    return late.length === 0 || (noted !== null && noted <= underWayUntil)
      ? []
      : [`sent in spite: ${seq} of ${tenant_id}, ${late.map((at) => at - since)} ms later`];
  });
}
