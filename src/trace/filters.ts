import * as z from "zod";
import { plainAddressInput } from "../domain/email-content.ts";
import { EMAIL_STATUSES } from "../domain/email-status.ts";
import { eventTypeName } from "../domain/event-type.ts";
import { instantInput } from "../domain/instant.ts";
import { CHANNELS, DELIVERY_STATES } from "../domain/states.ts";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

/** Filters of lists, as in a query string. */

const span = {
  since: instantInput.optional(),
  until: instantInput.optional(),
};
/** Refuses a span that ends before it begins, where an answer shows it. */
function inOrder<S extends z.ZodType<{ since?: number | undefined; until?: number | undefined }>>(query: S) {
  return query.refine(({ since, until }) => since === undefined || until === undefined || since <= until, {
    path: ["since"],
    error: "must not be later than until",
  });
}

const eventType = eventTypeName.optional();
const endpointId = wellFormed(z.string()).optional();
const state = z.enum(DELIVERY_STATES).optional();

export const messageFilter = z.strictObject({
  eventType,
  orderingKey: wellFormed(z.string().min(1).max(limits.orderingKeyLength)).optional(),
  endpointId,
  unmatched: z.boolean().optional(),
  ...span,
});

export type MessageFilter = z.output<typeof messageFilter>;

const httpStatus = z.int().min(100).max(599).optional();

/** Filter of dead letters, and of their groups. */
export const deadLetterFilter = z.strictObject({
  endpointId,
  eventType,
  channel: z.enum(CHANNELS).optional(),
  reason: wellFormed(z.string().min(1)).optional(),
  error: wellFormed(z.string().min(1)).optional(),
  httpStatus,
  ...span,
});

export type DeadLetterFilter = z.output<typeof deadLetterFilter>;

export const deliveryFilter = deadLetterFilter.extend({ state });
export type DeliveryFilter = z.output<typeof deliveryFilter>;

/** Filter of direct e-mails. */
export const emailFilter = z.strictObject({
  state,
  to: plainAddressInput.optional(),
  status: z.enum(EMAIL_STATUSES).optional(),
  ...span,
});
export type EmailFilter = z.output<typeof emailFilter>;

/** Filter of failures. Its span is of the beginnings of attempts. */
export const failureFilter = z.strictObject({
  endpointId,
  error: wellFormed(z.string().min(1)).optional(),
  httpStatus,
  ...span,
});
export type FailureFilter = z.output<typeof failureFilter>;

/** Filter of the groups of failures. */
export const failureGroupFilter = inOrder(z.strictObject({ endpointId, ...span }));
export type FailureGroupFilter = z.output<typeof failureGroupFilter>;

export const blockedKeyFilter = z.strictObject({ endpointId });
export type BlockedKeyFilter = z.output<typeof blockedKeyFilter>;

/** An ordering key of an endpoint. */
export const keyFilter = z.strictObject({
  endpointId: wellFormed(z.string()),
  orderingKey: wellFormed(z.string().min(1).max(limits.orderingKeyLength)),
});
export type KeyFilter = z.output<typeof keyFilter>;

export const statsSpan = inOrder(z.strictObject(span));
export type StatsSpan = z.output<typeof statsSpan>;
