import type { Database, Statement } from "../db/database.ts";

/** Record of a received webhook. */
export interface Receipt {
  /** Sender of the webhook, which keeps ids of different senders apart. */
  source: string;
  webhookId: string;
  /** In milliseconds. */
  receivedAt: number;
}

/** Columns that D1 names when a webhook was received before. */
export const RECEIPT_KEY = "outbox_inbox.source, outbox_inbox.webhook_id";

/** Inserts the record. The primary key refuses a repetition, and with it the batch. */
export function insertReceipt(db: Database, { source, webhookId, receivedAt }: Receipt): Statement {
  return db
    .prepare("INSERT INTO outbox_inbox (source, webhook_id, received_at) VALUES (?1, ?2, ?3)")
    .bind(source, webhookId, receivedAt);
}

/** Deletes the oldest records of a source from before an instant, up to a limit. */
export function deleteOldReceipts(
  db: Database,
  { source, before, limit }: { source: string; before: number; limit: number },
): Statement {
  return db
    .prepare(
      `DELETE FROM outbox_inbox WHERE source = ?1 AND webhook_id IN (
         SELECT webhook_id FROM outbox_inbox WHERE source = ?1 AND received_at < ?2
         ORDER BY received_at LIMIT ?3)`,
    )
    .bind(source, before, limit);
}

export function selectReceipt(db: Database, { source, webhookId }: Receipt): Statement {
  return db
    .prepare("SELECT received_at FROM outbox_inbox WHERE source = ?1 AND webhook_id = ?2")
    .bind(source, webhookId);
}
