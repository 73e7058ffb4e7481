import { plainAddress } from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import type { ProviderEvent } from "./provider-event.ts";

/** A message that events are about, with its deliveries by e-mail. */
export interface EmailMessage {
  tenantId: string;
  seq: number;
  messageId: string;
  eventType: string;
  /** Plain addresses, of a direct e-mail; none otherwise. */
  recipients: readonly string[];
  deliveries: readonly { endpointId: string; target: string }[];
  /** True: words about it are not kept, as they may quote its content. */
  isSensitive: boolean;
}

/** An event of one recipient of a message. */
export interface MatchedEvent extends Pick<ProviderEvent, "status" | "provider" | "providerId" | "detail"> {
  /** Id under which it is recorded: by it an event is known that comes again. */
  id: string;
  message: EmailMessage;
  endpointId: string;
  address: string;
  at: number;
  /** True: it is beyond doubt that it is about this recipient. */
  isCertain: boolean;
}

/**
 * Recipients of a message that an event is about. None: the message has no such recipients. `now`: the instant of an event that
 * names none, and the latest that one may name.
 */
export function matchEvent(event: ProviderEvent, message: EmailMessage, now: number): MatchedEvent[] {
  const { status, provider, providerId } = event;
  const detail = message.isSensitive ? null : event.detail;
  const named = new Set(event.recipients.flatMap((one) => plainAddress(one) ?? []));
  return message.deliveries.flatMap(({ endpointId, target }) => {
    const all = addressesOf(message, endpointId, target);
    return all
      .filter((address) => named.has(address))
      .map((address) => ({
        ...{ status, provider, providerId, detail, message, endpointId, address },
        id: recordId(event, endpointId, address),
        at: Math.min(Math.max(event.at ?? now, 0), now),
        // Each endpoint's e-mail is one of its own.
        isCertain: event.isExact || all.length === 1,
      }));
  });
}

function addressesOf({ recipients }: EmailMessage, endpointId: string, target: string): readonly string[] {
  if (endpointId === DIRECT_EMAIL_ENDPOINT) return recipients;
  const address = plainAddress(target);
  return address === undefined ? [] : [address];
}

/** Our tags do not name the endpoint, so an event of two that have one address is recorded for both. */
function recordId({ provider, id }: ProviderEvent, endpointId: string, address: string): string {
  const endpoint = endpointId === DIRECT_EMAIL_ENDPOINT ? "" : `${endpointId} `;
  return `${provider} ${id.slice(0, limits.emailEventIdLength)} ${endpoint}${address}`;
}
