import { type Database, type Statement, violates } from "../db/database.ts";
import type { KnownHandlers } from "../domain/handlers.ts";
import { invalid, type OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { Draft } from "./message.ts";
import { type Admission, refuseTooManyDeliveries } from "./statements.ts";

/**
 * Deliveries that messages make: the number they name, and for each event type the number of messages that it decides
 * for.
 */
interface FanOut {
  named: number;
  byType: ReadonlyMap<string, number>;
}

/**
 * Refuses messages that make too many deliveries by themselves, whatever the tenant's endpoints subscribe to.
 * @throws {OutboxError} `invalid_input`
 */
export function refuseTooManyNamed(drafts: readonly Draft[], handlers: KnownHandlers): void {
  if (fanOutOf(drafts, handlers).named > limits.deliveriesPerCommit) throw tooManyDeliveries();
}

/**
 * Aborts a batch that makes too many deliveries by its first statement, because D1 does nothing else during a
 * transaction. Without any statement where the limit cannot be reached.
 */
export function boundDeliveries(
  db: Database,
  admission: Admission,
  drafts: readonly Draft[],
  handlers: KnownHandlers,
): Statement[] {
  const fanOut = fanOutOf(drafts, handlers);
  if (!mayExceed(fanOut)) return [];
  return [refuseTooManyDeliveries(db, admission, { ...fanOut, limit: limits.deliveriesPerCommit })];
}

/** True if messages could exceed the limit for a tenant with the largest number of endpoints. */
export function mayMakeMany(drafts: readonly Draft[], handlers: KnownHandlers): boolean {
  return mayExceed(fanOutOf(drafts, handlers));
}

function mayExceed({ named, byType }: FanOut): boolean {
  const messages = [...byType.values()].reduce((sum, count) => sum + count, 0);
  return named + messages * limits.endpointsPerTenant > limits.deliveriesPerCommit;
}

/** True if `boundDeliveries` has aborted the batch. */
export function isTooMany(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_deliveries.payload_bytes");
}

export function tooManyDeliveries(): OutboxError {
  return invalid(
    "messages",
    `make more than ${limits.deliveriesPerCommit} deliveries together, the limit of one commit; commit fewer of them at a time`,
  );
}

function fanOutOf(drafts: readonly Draft[], handlers: KnownHandlers): FanOut {
  const byType = new Map<string, number>();
  let named = 0;
  for (const { eventType, endpointIds } of drafts) {
    if (endpointIds) named += endpointIds.length;
    else {
      named += handlers.subscribedTo(eventType).length;
      byType.set(eventType, (byType.get(eventType) ?? 0) + 1);
    }
  }
  return { named, byType };
}
