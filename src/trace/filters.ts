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
  since: instantInput.optional().describe("Only entries of messages committed at this instant or later."),
  until: instantInput.optional().describe("Only entries of messages committed before this instant."),
};
/** Refuses a span that ends before it begins, where an answer shows it. */
function inOrder<S extends z.ZodType<{ since?: number | undefined; until?: number | undefined }>>(query: S) {
  return query.refine(({ since, until }) => since === undefined || until === undefined || since <= until, {
    path: ["since"],
    error: "must not be later than until",
  });
}

const eventType = eventTypeName.optional().describe("Only entries of this event type.");
const endpointId = wellFormed(z.string()).optional().describe("Only entries of this endpoint.");
const state = z.enum(DELIVERY_STATES).optional().describe("Only entries in this state.");

export const messageFilter = z.strictObject({
  eventType,
  orderingKey: wellFormed(z.string().min(1).max(limits.orderingKeyLength))
    .optional()
    .describe("Only messages with this ordering key."),
  endpointId: endpointId.describe("Only messages with a delivery to this endpoint."),
  unmatched: z
    .boolean()
    .optional()
    .describe("True: only messages that went to no endpoint. Defaults to false."),
  ...span,
});

export type MessageFilter = z.output<typeof messageFilter>;

const httpStatus = z.int().min(100).max(599).optional();

/** Filter of dead letters, and of their groups. */
export const deadLetterFilter = z.strictObject({
  endpointId,
  eventType,
  channel: z.enum(CHANNELS).optional().describe("Only entries of this channel."),
  reason: wellFormed(z.string().min(1))
    .optional()
    .describe("Only entries that ended for this reason, such as `exhausted`."),
  error: wellFormed(z.string().min(1))
    .optional()
    .describe("Only entries whose latest attempt has this class of error, such as `timeout`."),
  httpStatus: httpStatus.describe("Only entries whose latest attempt was answered with this HTTP status."),
  ...span,
});

export type DeadLetterFilter = z.output<typeof deadLetterFilter>;

export const deliveryFilter = deadLetterFilter.extend({ state });
export type DeliveryFilter = z.output<typeof deliveryFilter>;

/** Filter of direct e-mails. */
export const emailFilter = z.strictObject({
  state,
  to: plainAddressInput.optional().describe("Only e-mails to this address: in `to`, or with an event of it."),
  status: z
    .enum(EMAIL_STATUSES)
    .optional()
    .describe(
      "Only e-mails with a recipient of this status; with `to`, only if it is that one's. `queued`, `accepted`, `uncertain` and `cancelled` are of those of whom nothing has come back.",
    ),
  ...span,
});
export type EmailFilter = z.output<typeof emailFilter>;

/** A span of the beginnings of attempts. */
const attemptSpan = {
  since: instantInput.optional().describe("Only attempts that began at this instant or later."),
  until: instantInput.optional().describe("Only attempts that began before this instant."),
};

/** Filter of failures. */
export const failureFilter = z.strictObject({
  endpointId: endpointId.describe("Only attempts at this endpoint."),
  error: wellFormed(z.string().min(1))
    .optional()
    .describe("Only attempts with this class of error, such as `timeout` or `http_status`."),
  httpStatus: httpStatus.describe("Only attempts that were answered with this HTTP status."),
  ...attemptSpan,
});
export type FailureFilter = z.output<typeof failureFilter>;

/** Filter of the groups of failures. */
export const failureGroupFilter = inOrder(
  z.strictObject({ endpointId: endpointId.describe("Only attempts at this endpoint."), ...attemptSpan }),
);
export type FailureGroupFilter = z.output<typeof failureGroupFilter>;

export const blockedKeyFilter = z.strictObject({ endpointId });
export type BlockedKeyFilter = z.output<typeof blockedKeyFilter>;

/** An ordering key of an endpoint. */
export const keyFilter = z.strictObject({
  endpointId: wellFormed(z.string()).describe("Endpoint of the deliveries."),
  orderingKey: wellFormed(z.string().min(1).max(limits.orderingKeyLength)).describe(
    "Ordering key of the deliveries.",
  ),
});
export type KeyFilter = z.output<typeof keyFilter>;

export const statsSpan = inOrder(z.strictObject(span));
export type StatsSpan = z.output<typeof statsSpan>;
