import { WATCH_SUMS } from "./judge-sums.ts";
import type { SimWorld } from "./sim-world.ts";

/** Two clocks may differ by this much. */
const CLOCK_SKEW_MS = 2_000;

/**
 * Whatever is deleted is put on record, so that it is not taken for lost: `all_messages`, `all_deliveries` and `all_attempts`
 * have it too. So is the instant of each request that several e-mails shared, as `noted_requests`,
 * and each e-mail that was held in doubt before it was sent, as `noted_doubts`.
 * Answers the complaints about what should not have been deleted, to which the history adds.
 */
export function watchPurge(world: SimWorld): string[] {
  const complaints: string[] = [];
  const { sqlite } = world.d1;
  sqlite.function("complain", { varargs: true }, (...words) => {
    complaints.push(`purged: ${words.join(" ")}`);
    return null;
  });
  sqlite.function("past", (at, isDead) => {
    const { retentionMs = Infinity, deadRetentionMs = Infinity } = world.retention ?? {};
    const ageMs = world.timeline.now - Number(at);
    return ageMs + CLOCK_SKEW_MS > (isDead ? deadRetentionMs : retentionMs) ? 1 : 0;
  });
  sqlite.exec(WATCH);
  sqlite.exec(WATCH_SUMS);
  return complaints;
}

const WATCH = `
  CREATE TABLE purged_messages (
    tenant_id TEXT, seq INTEGER, nonce TEXT, payload ANY, deliver_at INTEGER, event_type TEXT, endpoint_ids TEXT,
    committed_at INTEGER) STRICT;
  CREATE TABLE purged_deliveries (
    tenant_id TEXT, seq INTEGER, endpoint_id TEXT, state TEXT, attempts INTEGER, schedule_from INTEGER, reason TEXT,
    started_at INTEGER, spared INTEGER, resends INTEGER) STRICT;
  CREATE TABLE purged_attempts (
    tenant_id TEXT, seq INTEGER, endpoint_id TEXT, n INTEGER, outcome TEXT, error TEXT, started_at INTEGER) STRICT;
  CREATE TABLE noted_requests (tenant_id TEXT, seq INTEGER, at INTEGER) STRICT;
  CREATE TABLE noted_doubts (tenant_id TEXT, seq INTEGER) STRICT;
  CREATE VIEW all_messages AS
    SELECT tenant_id, seq, nonce, payload, deliver_at, event_type, endpoint_ids, committed_at FROM outbox_messages
    UNION ALL SELECT * FROM purged_messages;
  CREATE VIEW all_deliveries AS
    SELECT tenant_id, seq, endpoint_id, state, attempts, schedule_from, reason, started_at, spared, resends
    FROM outbox_deliveries
    UNION ALL SELECT * FROM purged_deliveries;
  CREATE VIEW recorded_attempts AS
    SELECT tenant_id, seq, endpoint_id, n, outcome, error, started_at FROM outbox_attempts
    UNION ALL SELECT * FROM purged_attempts;
  CREATE VIEW all_attempts AS SELECT * FROM recorded_attempts
    UNION ALL
    SELECT tenant_id, seq, endpoint_id, 1, 'delivered', NULL, started_at FROM all_deliveries d
    WHERE state = 'delivered' AND attempts = 1 AND NOT EXISTS (
      SELECT 1 FROM recorded_attempts a WHERE a.tenant_id = d.tenant_id AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id);

  CREATE TRIGGER watch_requests AFTER UPDATE OF batch ON outbox_deliveries
  WHEN NEW.batch <> '' AND NEW.batch NOT LIKE 'held %' BEGIN
    INSERT INTO noted_requests VALUES (NEW.tenant_id, NEW.seq, CAST(NEW.batch AS INTEGER));
  END;
  CREATE TRIGGER watch_doubts AFTER UPDATE OF batch ON outbox_deliveries WHEN NEW.batch LIKE 'held %' BEGIN
    INSERT INTO noted_doubts VALUES (NEW.tenant_id, NEW.seq);
  END;
  CREATE TRIGGER watch_messages BEFORE DELETE ON outbox_messages BEGIN
    INSERT INTO purged_messages VALUES (
      OLD.tenant_id, OLD.seq, OLD.nonce, OLD.payload, OLD.deliver_at, OLD.event_type, OLD.endpoint_ids,
      OLD.committed_at);
    SELECT complain('the newest message,', OLD.seq, 'of', OLD.tenant_id)
    WHERE OLD.seq = (SELECT max(seq) FROM outbox_messages WHERE tenant_id = OLD.tenant_id);
    SELECT complain('what is not in the sums:', OLD.seq, 'of', OLD.tenant_id)
    WHERE OLD.seq > (SELECT summed_to FROM outbox_tenants WHERE id = OLD.tenant_id);
    SELECT complain('a message before its time:', OLD.seq, 'of', OLD.tenant_id) WHERE NOT past(OLD.committed_at, 0);
  END;
  CREATE TRIGGER watch_deliveries BEFORE DELETE ON outbox_deliveries BEGIN
    INSERT INTO purged_deliveries VALUES (
      OLD.tenant_id, OLD.seq, OLD.endpoint_id, OLD.state, OLD.attempts, OLD.schedule_from, OLD.reason, OLD.started_at,
      OLD.spared, OLD.resends);
    SELECT complain('what is not settled:', OLD.seq, 'to', OLD.endpoint_id) WHERE OLD.settled_at IS NULL;
    SELECT complain('what blocks its key:', OLD.seq, 'to', OLD.endpoint_id) WHERE OLD.blocks = 1;
    SELECT complain('a delivery before its time:', OLD.seq, 'to', OLD.endpoint_id)
    WHERE NOT past(OLD.settled_at, OLD.state = 'dead');
  END;
  CREATE TRIGGER watch_attempts BEFORE DELETE ON outbox_attempts BEGIN
    INSERT INTO purged_attempts VALUES (
      OLD.tenant_id, OLD.seq, OLD.endpoint_id, OLD.n, OLD.outcome, OLD.error, OLD.started_at);
  END;`;
