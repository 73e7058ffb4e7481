import type { Database, Statement } from "../db/database.ts";
import { mailboxLimits as limits } from "../platform/development-limits.ts";

/** An e-mail without its content. Lists are JSON. */
export interface EntryRow {
  id: string;
  at: number;
  play: string;
  reason: string | null;
  sender: string;
  recipients: string;
  copies: string | null;
  blind_copies: string | null;
  subject: string;
  tenant_id: string;
  message_id: string;
  attempt: number;
}

export interface EmailRow {
  id: string;
  at: number;
  play: string;
  reason: string | null;
  envelope: string;
  left_out: string;
}

export interface PlayRow {
  address: string;
  play: string;
  times: number | null;
}

/** Tables of development alone, which no migration has. The numbers of e-mails begin at 1 when it was emptied. */
export function createTables(db: Database): Statement[] {
  return [
    `CREATE TABLE IF NOT EXISTS outbox_mailbox (
      n INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, play TEXT NOT NULL, reason TEXT,
      envelope TEXT NOT NULL, left_out TEXT NOT NULL)`,
    "CREATE TABLE IF NOT EXISTS outbox_mailbox_plays (address TEXT PRIMARY KEY, play TEXT NOT NULL, times INTEGER)",
  ].map((sql) => db.prepare(sql));
}

export function insertEmail(db: Database, { id, at, play, reason, envelope, left_out }: EmailRow): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_mailbox (n, id, at, play, reason, envelope, left_out)
      SELECT coalesce(max(n), 0) + 1, ?1, ?2, ?3, ?4, ?5, ?6 FROM outbox_mailbox`)
    .bind(id, at, play, reason, envelope, left_out);
}

/** Keeps the newest, at least one. */
export function dropOldest(db: Database): Statement {
  return db
    .prepare(`
      DELETE FROM outbox_mailbox WHERE n IN (
        SELECT n FROM (
          SELECT n, row_number() OVER newest AS place, sum(length(envelope)) OVER newest AS size
          FROM outbox_mailbox WINDOW newest AS (ORDER BY n DESC))
        WHERE place > 1 AND (place > ?1 OR size > ?2))`)
    .bind(limits.most, limits.mostSize);
}

export function selectEntries(db: Database): Statement {
  return db.prepare(`
    SELECT id, at, play, reason, envelope ->> 'from' AS sender, envelope -> 'to' AS recipients, envelope -> 'cc' AS copies,
      envelope -> 'bcc' AS blind_copies, envelope ->> 'subject' AS subject, envelope ->> 'tenantId' AS tenant_id,
      envelope ->> 'messageId' AS message_id, envelope ->> 'attempt' AS attempt
    FROM outbox_mailbox ORDER BY n DESC`);
}

export function countDropped(db: Database): Statement {
  return db.prepare("SELECT coalesce(min(n), 1) - 1 AS dropped FROM outbox_mailbox");
}

export function selectEmail(db: Database, id: string): Statement {
  return db
    .prepare("SELECT id, at, play, reason, envelope, left_out FROM outbox_mailbox WHERE id = ?1")
    .bind(id);
}

export function deleteEmails(db: Database): Statement {
  return db.prepare("DELETE FROM outbox_mailbox");
}

export function selectPlays(db: Database): Statement {
  return db.prepare("SELECT address, play, times FROM outbox_mailbox_plays ORDER BY address");
}

export function putPlay(db: Database, { address, play, times }: PlayRow): Statement {
  return db
    .prepare("INSERT OR REPLACE INTO outbox_mailbox_plays (address, play, times) VALUES (?1, ?2, ?3)")
    .bind(address, play, times);
}

export function deletePlay(db: Database, address: string): Statement {
  return db.prepare("DELETE FROM outbox_mailbox_plays WHERE address = ?1").bind(address);
}

/** Takes one of the plays for an e-mail's recipients, before one for all. Plays that are used up go. */
export function takePlay(db: Database, addresses: readonly string[]): [take: Statement, clean: Statement] {
  return [
    db
      .prepare(`
        UPDATE outbox_mailbox_plays SET times = times - 1 WHERE address = (
          SELECT address FROM outbox_mailbox_plays
          WHERE address = '*' OR address IN (SELECT value FROM json_each(?1))
          ORDER BY address = '*', address LIMIT 1)
        RETURNING address, play, times`)
      .bind(JSON.stringify(addresses)),
    db.prepare("DELETE FROM outbox_mailbox_plays WHERE times <= 0"),
  ];
}
