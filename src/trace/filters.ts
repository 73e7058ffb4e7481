import { z } from "zod";
import { eventTypeName } from "../domain/event-type.ts";
import { instant } from "../domain/instant.ts";
import { CHANNELS, DELIVERY_STATES } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

/**
 * What lists can be narrowed to, as a query string says it. `since`, `until`: messages committed at this instant or
 * later, and before this one.
 */
const span = { since: instant.optional(), until: instant.optional() };
const endpointId = z.string().optional();

export const messageFilter = z.strictObject({
  eventType: eventTypeName.optional(),
  orderingKey: z.string().min(1).max(limits.orderingKeyLength).optional(),
  /** With a delivery to this endpoint. */
  endpointId,
  ...span,
});

export type MessageFilter = z.output<typeof messageFilter>;

export const deadLetterFilter = z.strictObject({
  endpointId,
  eventType: eventTypeName.optional(),
  channel: z.enum(CHANNELS).optional(),
  ...span,
});

export type DeadLetterFilter = z.output<typeof deadLetterFilter>;

export const deliveryFilter = deadLetterFilter.extend({ state: z.enum(DELIVERY_STATES).optional() });
export type DeliveryFilter = z.output<typeof deliveryFilter>;

/** Of direct e-mails. */
export const emailFilter = z.strictObject({ state: z.enum(DELIVERY_STATES).optional(), ...span });
export type EmailFilter = z.output<typeof emailFilter>;

export const blockedKeyFilter = z.strictObject({ endpointId });

export const statsSpan = z.strictObject(span);
export type StatsSpan = z.output<typeof statsSpan>;
