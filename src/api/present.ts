import { presentDelivery } from "./deliveries/answers.ts";
import { toIso } from "./answer-fields.ts";
import type { CommittedMessage } from "../outbox/commit.ts";
import { parseExact } from "../platform/exact-json.ts";
import type { MessagePage, MessageSummary, MessageTrace } from "../trace/messages.ts";

/** How things look from outside: camelCase, instants as ISO 8601 in UTC. */

export function presentCommitted(message: CommittedMessage) {
  return { ...message, committedAt: message.committedAt.toISOString() };
}

export function presentSummary(message: MessageSummary) {
  return {
    id: message.id,
    sequence: message.sequence,
    eventType: message.eventType,
    orderingKey: message.orderingKey,
    deliverAt: toIso(message.deliverAt),
    committedAt: toIso(message.committedAt),
  };
}

export function presentListedMessage(message: MessagePage["messages"][number]) {
  return { ...presentSummary(message), deliveries: message.deliveries, states: message.states };
}

export function presentTrace(message: MessageTrace) {
  return {
    ...presentSummary(message),
    traceparent: message.traceparent,
    tracestate: message.tracestate,
    payload: parseExact(message.payload),
    deliveries: message.deliveries.map(presentDelivery),
  };
}
