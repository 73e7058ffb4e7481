import { shownStatus } from "../domain/email-status.ts";
import { newNonce } from "../domain/ids.ts";
import { isSystemEvent } from "../domain/system-events.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import type { MatchedEvent } from "./match-events.ts";

/**
 * Makes the system event of an event; null for those that nobody is told of. An e-mail about a system event makes none: its own
 * bounce would make another e-mail, and so on.
 */
export function announcementOf(event: MatchedEvent, random: Random): Announcement | null {
  const { message, endpointId, address, provider, providerId, detail, at, id } = event;
  const { status, bounce } = shownStatus(event.status);
  if (status !== "bounced" && status !== "complained" && status !== "delivered") return null;
  if (isSystemEvent(message.eventType)) return null;
  const { tenantId, messageId, eventType, seq } = message;
  const told = {
    ...{ tenantId, messageId, eventType, endpointId, address },
    ...(bounce && { bounce }),
    ...{ provider, providerMessageId: providerId, detail, at: new Date(at).toISOString() },
  };
  return {
    tenantId,
    eventType: `email.${status}`,
    nonce: newNonce(random),
    payload: JSON.stringify(told),
    orderingKey: `${endpointId} ${messageId}`,
    seq,
    eventId: id,
  };
}
