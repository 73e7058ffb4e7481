import type { Database, Statement } from "../db/database.ts";
import { messageKey } from "../db/message-key.ts";
import type { RowOf } from "../db/row.ts";
import type { messages } from "../db/schema.ts";
import { limits } from "../platform/limits.ts";
import { UNDER_OTHER_KEYS } from "./reseal-mark.ts";

/** A sensitive e-mail that is not settled. */
export interface SealedEmailRow extends RowOf<typeof messages, "tenant_id" | "nonce" | "sealed_by"> {
  seq: number;
  sealed: string;
}

/** New values of a row. */
export type ResealedEmail = Pick<SealedEmailRow, "sealed" | "sealed_by">;

/** A page of sensitive e-mails under other keys. */
export function selectEmailsToReseal(db: Database, keyId: string, triedBefore: string): Statement {
  const stretch = (condition: string) => `
    SELECT tenant_id, seq, nonce, sealed, sealed_by
    FROM outbox_messages INDEXED BY outbox_messages_sealed WHERE sealed_by IS NOT NULL AND ${condition}`;
  return db
    .prepare(`${UNDER_OTHER_KEYS.map(stretch).join(" UNION ALL ")} LIMIT ?3`)
    .bind(keyId, triedBefore, limits.emailsPerReseal);
}

/** Changes nothing if it was wiped or resealed since it was read. */
export function writeResealedEmail(db: Database, read: SealedEmailRow, next: ResealedEmail): Statement {
  return db
    .prepare(`
      UPDATE outbox_messages SET sealed = ?3, sealed_by = ?4
      WHERE tenant_id = ?1 AND id = ${messageKey("?1", "?2")} AND sealed = ?5 AND sealed_by IS ?6 RETURNING seq`)
    .bind(read.tenant_id, read.seq, next.sealed, next.sealed_by, read.sealed, read.sealed_by);
}
