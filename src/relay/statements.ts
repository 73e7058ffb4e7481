import type { Database, Statement } from "../db/database.ts";
import { earlierBlocks } from "../db/earlier-of-key.ts";
import { firstDueAt } from "../db/first-due.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { deliveries, endpoints } from "../db/schema.ts";
import { SENDING_STATE } from "../db/sending-state.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { EndpointState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

const OF_ENDPOINT = [
  "channel",
  "held_until",
  "probe_until",
  "holds",
  "rate_limit",
  "paced_to",
  "max_concurrency",
] as const;

/** An endpoint with work for the relay, now or later. */
export interface ScheduleRow extends RowOf<typeof endpoints, (typeof OF_ENDPOINT)[number]> {
  endpoint_id: string;
  /** Instant at which the first of its unsettled deliveries is due; null when all of them wait behind blocked keys. */
  due_at: number | null;
  /** 1 if dead deliveries still block keys, though its order is lenient now. */
  holds_keys: 0 | 1;
  /** URL of a webhook; null for other channels. */
  url: string | null;
  state: EndpointState;
  /**
   * Number of its deliveries under a lease, counted no further than `countedTo`; those of other channels than webhooks are
   * counted only while a delivery is due.
   */
  in_flight: number;
  /** Instant at which the first of their leases ends. */
  lease_ends_at: number | null;
}

const UNDER_LEASE = `
  FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
  WHERE d.tenant_id = ?1 AND d.endpoint_id = looked.endpoint_id AND d.state = 'leased' AND d.due_at IS NOT NULL AND d.due_at > ?2
    AND d.behind = 0`;

/** SQL: a CTE that hops through an index, from each of the tenant's endpoints to the next one with an entry. */
function hopping(name: string, entry: string): string {
  const next = (after: string) =>
    `SELECT min(endpoint_id) FROM outbox_deliveries WHERE tenant_id = ?1 AND ${entry} ${after}`;
  return `${name}(endpoint_id) AS (
    ${next("")} UNION ALL
    SELECT (${next(`AND endpoint_id > ${name}.endpoint_id`)}) FROM ${name} WHERE ${name}.endpoint_id IS NOT NULL)`;
}

/**
 * Endpoints with unsettled deliveries, or with keys to release. Each costs a few rows, however long its backlog is, and a
 * count of its deliveries under way if a claim is possible.
 */
export function selectSchedule(
  db: Database,
  tenantId: string,
  { now, countedTo }: { now: number; countedTo: number },
): Statement {
  return db
    .prepare(`
      WITH RECURSIVE ${hopping("due", "due_at IS NOT NULL AND behind = 0")},
      ${hopping("stuck", "state = 'dead' AND blocks = 1")},
      busy AS (
        SELECT endpoint_id, max(dead) AS dead
        FROM (SELECT endpoint_id, 0 AS dead FROM due UNION ALL SELECT endpoint_id, 1 FROM stuck) GROUP BY endpoint_id),
      looked AS MATERIALIZED (
        SELECT e.id AS endpoint_id, ${columnsOf<typeof endpoints>("e", OF_ENDPOINT)},
          iif(e.channel = 'webhook', e.target, NULL) AS url, ${SENDING_STATE} AS state,
          ${firstDueAt("?1", "e.id")} AS due_at, busy.dead = 1 AND e.ordering = 'lenient' AS holds_keys
        FROM busy JOIN outbox_endpoints e ON e.tenant_id = ?1 AND e.id = busy.endpoint_id JOIN outbox_tenants t ON t.id = ?1
      )
      SELECT looked.*, (SELECT min(d.due_at) ${UNDER_LEASE}) AS lease_ends_at,
        iif(url IS NOT NULL OR (state = 'enabled' AND due_at <= ?2),
          (SELECT count(*) FROM (SELECT 1 ${UNDER_LEASE} LIMIT ?3)), 0) AS in_flight
      FROM looked WHERE due_at IS NOT NULL OR holds_keys ORDER BY due_at`)
    .bind(tenantId, now, countedTo);
}

interface Claim {
  tenantId: string;
  endpointId: string;
  leaseToken: string;
  now: number;
  leaseMs: number;
  limit: number;
  /** True: begins with the latest due delivery instead of the oldest. */
  latestFirst: boolean;
}

const CLAIMED = ["endpoint_id", "seq", "ordering_key", "payload_bytes", "claims", "starts"] as const;

/** A delivery that was just claimed. `claims` includes this claim. */
export type ClaimedRow = RowOf<typeof deliveries, (typeof CLAIMED)[number]>;

const BLOCKED = earlierBlocks("d");

/** SQL: due deliveries of one endpoint, whose lease has ended or which are pending. Each state is a stretch of the due index. */
function dueOf(state: "leased" | "pending", now: string): string {
  return `
    FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
    WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = '${state}' AND d.due_at IS NOT NULL AND d.behind = 0
      AND d.due_at <= ${now}`;
}

/**
 * Claims due deliveries of one endpoint, oldest first. A key's run begins with its head, and goes on with the deliveries
 * behind it, one after another: the limit can cut a run short, but never leave out its middle.
 *
 * The lease doubles with each claim that came to nothing. A whole run has the lease of its head: if a later delivery were
 * leased for longer than an earlier one, a late task could send the later one alone.
 */
export function claimDue(db: Database, claim: Claim): Statement {
  const order = claim.latestFirst ? "due_at DESC, seq DESC" : "due_at, seq";
  const heads = (state: "leased" | "pending") => `
    SELECT * FROM (
      SELECT d.seq, d.ordering_key, d.claims, d.due_at ${dueOf(state, "?4")} AND (d.ordering_key IS NULL OR NOT ${BLOCKED})
      ORDER BY ${order} LIMIT ?6)`;
  // The run is named twice, so that SQLite looks up each of its deliveries instead of reading all of the tenant.
  return db
    .prepare(`
      WITH RECURSIVE run(seq, ordering_key, head_claims, length) AS (
        SELECT * FROM (
          SELECT seq, ordering_key, claims, 1 FROM (${heads("leased")} UNION ALL ${heads("pending")})
          ORDER BY ${order} LIMIT ?6)
        UNION ALL
        SELECT next.seq, next.ordering_key, run.head_claims, run.length + 1
        FROM run JOIN outbox_deliveries next ON next.tenant_id = ?1 AND next.endpoint_id = ?2
          AND next.seq = (
            SELECT min(seq) FROM outbox_deliveries INDEXED BY outbox_deliveries_key
            WHERE tenant_id = ?1 AND endpoint_id = ?2 AND ordering_key = run.ordering_key AND seq > run.seq
              AND blocks = 1)
        WHERE run.ordering_key IS NOT NULL AND run.length < ?7 AND next.due_at <= ?4
        LIMIT ?6
      )
      UPDATE outbox_deliveries
      SET state = 'leased', lease_token = ?3, behind = 0, claimed_at = ?4, claims = claims + 1,
        was_due_at = iif(state = 'pending', due_at, was_due_at),
        due_at = ?4 + (?5 << min(run.head_claims, ?8))
      FROM run
      WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.endpoint_id = ?2 AND outbox_deliveries.seq = run.seq
        AND outbox_deliveries.seq IN (SELECT seq FROM run)
      RETURNING ${CLAIMED.join(", ")}`)
    .bind(
      claim.tenantId,
      claim.endpointId,
      claim.leaseToken,
      claim.now,
      claim.leaseMs,
      claim.limit,
      limits.keyRun,
      limits.leaseDoublings,
    );
}

/** SQL: deliveries taken by a claim, which stands before in the same batch. */
const JUST_CLAIMED = `
  FROM outbox_deliveries d INDEXED BY outbox_deliveries_due
  WHERE d.tenant_id = ?1 AND d.endpoint_id = ?2 AND d.state = 'leased' AND d.due_at IS NOT NULL AND d.behind = 0
    AND d.lease_token = ?3`;

/** Name of a claim: its deliveries carry the lease token. */
export type ClaimRef = Pick<Claim, "tenantId" | "endpointId" | "leaseToken">;

/** Charges the deliveries of a claim to the rate limit. Time left unused before `usableFrom` is lost. */
export function chargePace(
  db: Database,
  { tenantId, endpointId, leaseToken }: ClaimRef,
  { rateLimit, usableFrom }: { rateLimit: number; usableFrom: number },
): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET paced_to = max(coalesce(paced_to, 0), ?4) + claimed.count * 1000.0 / ?5
      FROM (SELECT count(*) AS count ${JUST_CLAIMED}) claimed
      WHERE tenant_id = ?1 AND id = ?2 AND rate_limit = ?5 AND claimed.count > 0`)
    .bind(tenantId, endpointId, leaseToken, usableFrom, rateLimit);
}

/** Marks the delivery of a claim as the probe of an endpoint whose breaker was open. Writes nothing if the claim took none. */
export function markProbe(
  db: Database,
  { tenantId, endpointId, leaseToken }: ClaimRef,
  until: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET probe_until = ?4
      WHERE tenant_id = ?1 AND id = ?2 AND held_until IS NOT NULL AND EXISTS (SELECT 1 ${JUST_CLAIMED})`)
    .bind(tenantId, endpointId, leaseToken, until);
}

/**
 * Moves due deliveries out of the due index while an earlier delivery of their key blocks them. They come into it by the
 * replay of an earlier one, or when the lease of a run ends without an outcome.
 */
export function moveBehind(
  db: Database,
  tenantId: string,
  endpointId: string,
  { now, limit }: { now: number; limit: number },
): Statement {
  const blocked = (state: "leased" | "pending") => `
    SELECT * FROM (SELECT d.seq ${dueOf(state, "?3")} AND d.ordering_key IS NOT NULL AND ${BLOCKED} LIMIT ?4)`;
  return db
    .prepare(`
      UPDATE outbox_deliveries SET behind = 1
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND seq IN (${blocked("leased")} UNION ALL ${blocked("pending")})`)
    .bind(tenantId, endpointId, now, limit);
}

/** Gives a rate limit back for deliveries that were claimed, and not handed over. */
export function refundPace(
  db: Database,
  { tenantId, endpointId }: Pick<ClaimRef, "tenantId" | "endpointId">,
  deliveries: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_endpoints SET paced_to = paced_to - ?3 * 1000.0 / rate_limit
      WHERE tenant_id = ?1 AND id = ?2 AND rate_limit IS NOT NULL AND paced_to IS NOT NULL`)
    .bind(tenantId, endpointId, deliveries);
}

/**
 * Makes claims that no queue took due again soon; null: at the instants at which they were due before. Their leases are
 * shortened, not ended: if the queue has the task after all, its consumer can still settle the deliveries that it sends in time.
 * A direct e-mail may have been sent so, and its claim still counts: it then shares no request with others.
 */
export function shortenLeases(
  db: Database,
  tenantId: string,
  claims: { leaseToken: string; refs: readonly { endpointId: string; seq: number }[] },
  dueAt: number | null,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET due_at = coalesce(?4, was_due_at, claimed_at),
        claims = claims - (claims > 0 AND endpoint_id <> '${DIRECT_EMAIL_ENDPOINT}')
      WHERE lease_token = ?2 AND (tenant_id, seq, endpoint_id) IN (
        SELECT ?1, value ->> 'seq', value ->> 'endpointId' FROM json_each(?3))`)
    .bind(tenantId, claims.leaseToken, JSON.stringify(claims.refs), dueAt);
}

/** Cancels the deliveries left for a deleted endpoint, a bounded number at a time. */
export function cancelForDeleted(
  db: Database,
  tenantId: string,
  endpointId: string,
  { now, limit }: { now: number; limit: number },
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries
      SET state = 'cancelled', due_at = NULL, behind = 0, blocks = 0, lease_token = NULL, settled_at = ?3,
        reason = 'endpoint_deleted'
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND due_at IS NOT NULL AND seq IN (
        SELECT * FROM (
          SELECT seq FROM outbox_deliveries WHERE tenant_id = ?1 AND endpoint_id = ?2 AND due_at IS NOT NULL AND behind = 0
          LIMIT ?4)
        UNION
        SELECT seq FROM (
          SELECT seq, due_at FROM outbox_deliveries INDEXED BY outbox_deliveries_key
          WHERE tenant_id = ?1 AND endpoint_id = ?2 AND blocks = 1 LIMIT ?4) WHERE due_at IS NOT NULL)`)
    .bind(tenantId, endpointId, now, limit);
}

/**
 * Releases the keys that dead deliveries block at a lenient endpoint, as every deleted one is: a bounded number at a time,
 * because each frees the next delivery of its key.
 */
export function releaseDeadHeads(
  db: Database,
  tenantId: string,
  endpointId: string,
  limit: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_deliveries SET blocks = 0
      WHERE tenant_id = ?1 AND endpoint_id = ?2 AND seq IN (
        SELECT seq FROM outbox_deliveries INDEXED BY outbox_deliveries_endpoint_dead_heads
        WHERE tenant_id = ?1 AND endpoint_id = ?2 AND state = 'dead' AND blocks = 1 AND EXISTS (
          SELECT 1 FROM outbox_endpoints e WHERE e.tenant_id = ?1 AND e.id = ?2 AND e.ordering = 'lenient')
        LIMIT ?3)`)
    .bind(tenantId, endpointId, limit);
}
