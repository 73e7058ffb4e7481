import type { Database, Statement } from "../db/database.ts";
import type { TopicAddress } from "./link.ts";

/** Sender of a link that works, and its present state. */
export interface LinkedRow {
  name: string | null;
  /** 1 if the address has unsubscribed. */
  is_out: 0 | 1;
}

/** Reads the tenant of a link, unless it is deleted, and tells whether the address has unsubscribed. */
export function selectLinked(db: Database, { tenantId, topic, address }: TopicAddress): Statement {
  return db
    .prepare(`
      SELECT t.name, EXISTS (
        SELECT 1 FROM outbox_unsubscribes u WHERE u.tenant_id = t.id AND u.address = ?2 AND u.topic = ?3) AS is_out
      FROM outbox_tenants t WHERE t.id = ?1 AND t.state <> 'deleted'`)
    .bind(tenantId, address, topic);
}

/** Unsubscribes an address from a topic of a tenant that is there. */
export function unsubscribe(
  db: Database,
  { tenantId, topic, address }: TopicAddress,
  now: number,
): Statement {
  return db
    .prepare(`
      INSERT INTO outbox_unsubscribes (tenant_id, address, topic, source, created_at)
      SELECT t.id, ?2, ?3, 'link', ?4 FROM outbox_tenants t WHERE t.id = ?1 AND t.state <> 'deleted'
      ON CONFLICT DO NOTHING`)
    .bind(tenantId, address, topic, now);
}

/** Takes an unsubscription back. */
export function resubscribe(db: Database, { tenantId, topic, address }: TopicAddress): Statement {
  return db
    .prepare("DELETE FROM outbox_unsubscribes WHERE tenant_id = ?1 AND address = ?2 AND topic = ?3")
    .bind(tenantId, address, topic);
}
