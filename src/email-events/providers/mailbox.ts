import type { EventStatus } from "../../domain/email-status.ts";
import type { ProviderEvent } from "../provider-event.ts";

/** Words that a mail server could say. */
const WORDS: Partial<Record<EventStatus, string>> = {
  delivered: "250 2.0.0 Taken",
  soft_bounced: "452 4.2.2 The mailbox is full",
  hard_bounced: "550 5.1.1 There is no such address",
};

/** An e-mail of the mailbox of development, and the recipients that something became of. */
interface Played {
  id: string;
  messageId: string;
  tenantId: string;
  recipients: readonly string[];
  at: number;
}

/**
 * Event that a person chose for an e-mail in the mailbox of development. It comes from nowhere else: no webhook brings one, and
 * an operator's token chooses it. One event of a kind for each e-mail and recipient, as by a mail server.
 */
export function mailboxEvent(
  status: EventStatus,
  { id, messageId, tenantId, recipients, at }: Played,
): ProviderEvent {
  return {
    provider: "mailbox",
    id: `${id} ${status}`,
    ...{ status, recipients, at },
    isExact: true,
    providerId: id,
    tags: { messageId, tenantId },
    detail: WORDS[status] ?? null,
  };
}
