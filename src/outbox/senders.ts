import { type Database, type Statement, violates } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Draft } from "./message.ts";

/**
 * SQL: true if the tenant `?1` may send as `sender`, which is NULL where the sender is the deployment's own. A tenant that names no
 * senders may send as anybody, unless one of its tokens, `?3`, commits. `domain`: `*@` and the domain of the sender.
 */
export function mayBeSender(sender: string, domain: string): string {
  return `(${sender} IS NULL OR EXISTS (
    SELECT 1 FROM outbox_tenants t WHERE t.id = ?1 AND iif(t.senders IS NULL, ?3 IS NULL,
      EXISTS (SELECT 1 FROM json_each(t.senders) WHERE value IN (${sender}, ${domain})))))`;
}

/** The entry that allows all senders of the domain of one. */
export function domainOf(sender: string | null): string | null {
  return sender && `*${sender.slice(sender.lastIndexOf("@"))}`;
}

/** True if a message was refused for its sender. The statement makes its nonce NULL. */
export function isSenderRefused(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_messages.nonce");
}

export function selectSenders(db: Database, tenantId: string): Statement {
  return db.prepare("SELECT senders FROM outbox_tenants WHERE id = ?1").bind(tenantId);
}

/** `senders`: those of the tenant; null if it names none; undefined if they are not known. */
export function senderNotAllowed(drafts: readonly Draft[], senders?: readonly string[] | null): OutboxError {
  const named = drafts.filter(
    // An e-mail to several is told of once.
    ({ sender, path }, at) => sender !== null && path !== drafts[at - 1]?.path,
  );
  const others = named.filter(({ sender }) => !isAmong(senders ?? [], sender as string));
  // The list may have been changed meanwhile.
  const refused = others.length > 0 ? others : named;
  const theirs = senders?.length ? `, which are ${senders.join(", ")}` : "";
  const fields = refused.map(({ payloadPath, sender }) => ({
    path: payloadPath === "" ? "from" : `${payloadPath}.from`,
    message: `${sender} is none of this tenant's senders${theirs}; leave it out for the deployment's own, or let the operator add it with PATCH /v1/tenants/{tenant}`,
  }));
  return new OutboxError({ code: "sender_not_allowed", fields });
}

function isAmong(senders: readonly string[], sender: string): boolean {
  return senders.includes(sender) || senders.includes(domainOf(sender) ?? "");
}
