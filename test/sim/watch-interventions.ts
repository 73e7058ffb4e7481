import type { SimWorld } from "./sim-world.ts";

/** Looks at what retries and dismissals change, as they do. Answers the complaints, to which the history adds. */
export function watchInterventions({ d1 }: SimWorld): string[] {
  const complaints: string[] = [];
  d1.sqlite.function("meddled", { varargs: true }, (...words) => {
    complaints.push(`meddled: ${words.join(" ")}`);
    return null;
  });
  d1.sqlite.exec(WATCH + NOTE_REPLAYS);
  return complaints;
}

/** Each replay of a delivery. */
const NOTE_REPLAYS = `
  CREATE TABLE noted_replays (tenant_id TEXT NOT NULL, seq INTEGER NOT NULL, endpoint_id TEXT NOT NULL);
  CREATE TRIGGER note_replays AFTER UPDATE OF state ON outbox_deliveries
  WHEN OLD.settled_at IS NOT NULL AND NEW.settled_at IS NULL
  BEGIN
    INSERT INTO noted_replays VALUES (OLD.tenant_id, OLD.seq, OLD.endpoint_id);
  END;`;

/** Only a retry brings forward what is pending: if it was to be tried again, that attempt is taken from nobody's schedule. */
const WATCH = `
  CREATE TRIGGER watch_retries AFTER UPDATE ON outbox_deliveries
  WHEN OLD.state = 'pending' AND NEW.state = 'pending' AND NOT (
    NEW.attempts = OLD.attempts AND NEW.blocks = OLD.blocks AND NEW.schedule_from BETWEEN
      OLD.schedule_from + (NEW.due_at < OLD.due_at AND OLD.attempts > OLD.schedule_from) AND OLD.schedule_from + 1)
  BEGIN
    SELECT meddled(OLD.seq, 'to', OLD.endpoint_id, 'had its schedule from', OLD.schedule_from, 'and has it from',
      NEW.schedule_from, 'of', OLD.attempts, 'attempts, and blocks its key:', NEW.blocks);
  END;
  CREATE TRIGGER watch_dismissals AFTER UPDATE OF state ON outbox_deliveries
  WHEN NEW.reason = 'dismissed' AND OLD.state <> 'dead'
  BEGIN
    SELECT meddled(OLD.seq, 'to', OLD.endpoint_id, 'was', OLD.state, 'and is dismissed');
  END;`;
