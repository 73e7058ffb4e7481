import type { Played } from "./play.ts";

/** Outcomes in a sum, or counted anew. */
interface Counts {
  tenant_id: string;
  endpoint_id: string;
  delivered: number;
  retried: number;
  dead: number;
}

/**
 * Sums that are not the outcomes on record, purged ones among them: each is counted once, but for first attempts that delivered
 * and that the cron has yet to come to. Deaths of untried deliveries are counted by a trigger, as they leave no attempt. A full
 * database may lose count of what was delivered.
 */
export function judgeSums({ world }: Played): string[] {
  const differing = world.d1.query<Counts>(`
    SELECT tenant_id, endpoint_id, sum(delivered) AS delivered, sum(retried) AS retried, sum(dead) AS dead FROM (
      SELECT tenant_id, endpoint_id, delivered, retried, dead FROM outbox_sums
      WHERE tenant_id <> '' AND endpoint_id <> '' AND step IN (0, 300000)
      UNION ALL
      SELECT a.tenant_id, a.endpoint_id, -(a.outcome = 'delivered'), -(a.outcome = 'retry'), -(a.outcome = 'dead')
      FROM all_attempts a JOIN outbox_tenants t ON t.id = a.tenant_id
      WHERE NOT (a.n = 1 AND a.outcome = 'delivered' AND a.seq > t.summed_to)
      UNION ALL
      SELECT tenant_id, endpoint_id, 0, 0, -1 FROM untried_deaths)
    GROUP BY tenant_id, endpoint_id HAVING sum(delivered) <> 0 OR sum(retried) <> 0 OR sum(dead) <> 0`);
  const explained = ({ delivered, retried, dead }: Counts) =>
    world.faults.has("d1-full") && delivered < 0 && retried === 0 && dead === 0;
  return [
    ...differing.filter((row) => !explained(row)).map((row) => `sums: ${JSON.stringify(row)}`),
    ...world.d1.query(DEPLOYMENT).map((row) => `sums of the deployment: ${JSON.stringify(row)}`),
  ];
}

/** Sums of the deployment that are not those of its endpoints. */
const DEPLOYMENT = `
  SELECT channel, sum(delivered) AS delivered, sum(retried) AS retried, sum(dead) AS dead, sum(committed) AS committed FROM (
    SELECT endpoint_id AS channel, delivered, retried, dead, committed FROM outbox_sums
    WHERE tenant_id = '' AND step IN (0, 300000)
    UNION ALL
    SELECT coalesce(e.channel, ''), -s.delivered, -s.retried, -s.dead, -s.committed FROM outbox_sums s
    LEFT JOIN outbox_endpoints e ON e.tenant_id = s.tenant_id AND e.id = s.endpoint_id
    WHERE s.tenant_id <> '' AND s.step IN (0, 300000))
  GROUP BY channel HAVING sum(delivered) <> 0 OR sum(retried) <> 0 OR sum(dead) <> 0 OR sum(committed) <> 0`;

/** Deliveries that died untried leave no attempt, and may be replayed afterwards. */
export const WATCH_SUMS = `
  CREATE TABLE untried_deaths (tenant_id TEXT, endpoint_id TEXT) STRICT;
  CREATE TRIGGER watch_untried AFTER UPDATE OF state ON outbox_deliveries
  WHEN NEW.state = 'dead' AND OLD.state = 'leased' AND NEW.attempts = OLD.attempts BEGIN
    INSERT INTO untried_deaths VALUES (NEW.tenant_id, NEW.endpoint_id);
  END;`;
