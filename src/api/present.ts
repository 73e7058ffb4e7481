import { toIso } from "./answer-fields.ts";
import type { CommittedMessage } from "../outbox/commit.ts";
import { parseExact } from "../platform/exact-json.ts";
import type { BlockedKey } from "../trace/blocked-keys.ts";
import type { DeadLetter } from "../trace/dead-letters.ts";
import type { DeliverySummary } from "../trace/deliveries.ts";
import type { DeliveryDetail } from "../trace/delivery.ts";
import type { EmailSummary } from "../trace/emails.ts";
import type {
  AttemptTrace,
  DeliveryTrace,
  MessagePage,
  MessageSummary,
  MessageTrace,
} from "../trace/messages.ts";

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

export function presentDeadLetter(letter: DeadLetter) {
  return { ...letter, committedAt: toIso(letter.committedAt), settledAt: toIso(letter.settledAt) };
}

export function presentBlockedKey(key: BlockedKey) {
  return {
    ...key,
    blockedSince: toIso(key.blockedSince),
    head: { ...key.head, committedAt: toIso(key.head.committedAt) },
  };
}

function presentDelivery(delivery: DeliveryTrace) {
  return {
    endpointId: delivery.endpointId,
    channel: delivery.channel,
    state: delivery.state,
    dueAt: toIso(delivery.dueAt),
    waitsForEarlier: delivery.behind,
    blocksKey: delivery.blocksKey,
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    reason: delivery.reason,
    attempts: delivery.attempts.map(presentAttempt),
  };
}

export function presentDeliveryDetail(delivery: DeliveryDetail) {
  const { messageId, sequence, eventType, orderingKey, committedAt } = delivery;
  return {
    ...presentDelivery(delivery),
    messageId,
    sequence,
    eventType,
    orderingKey,
    committedAt: toIso(committedAt),
  };
}

export function presentListedDelivery(delivery: DeliverySummary) {
  return {
    ...delivery,
    committedAt: toIso(delivery.committedAt),
    dueAt: toIso(delivery.dueAt),
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    startedAt: toIso(delivery.startedAt),
  };
}

export function presentListedEmail(email: EmailSummary) {
  return { ...presentListedDelivery(email), to: email.to, subject: email.subject };
}

export function presentAttempt(attempt: AttemptTrace) {
  return { ...attempt, startedAt: toIso(attempt.startedAt) };
}
