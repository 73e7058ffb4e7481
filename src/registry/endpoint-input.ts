import { z } from "zod";
import { eventTypeName } from "../domain/event-type.ts";
import { ORDERINGS } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";
import { headers, refuseTogether, secretHeaders } from "./header-input.ts";

const eventTypes = z
  .array(eventTypeName)
  .min(1, { error: "must name at least one event type; leave it out for all of them" })
  .max(limits.eventTypesPerEndpoint);
const description = z.string().max(limits.descriptionLength);
const retrySchedule = z.array(z.number().min(0).max(limits.retryDelaySeconds)).max(limits.retriesPerSchedule);
const order = z.enum(ORDERINGS, { error: 'must be "lenient" or "strict"' });
const NOT_A_STATUS = "must be an HTTP status from 300 to 599";
const giveUpOn = z
  .array(
    z
      .int({ error: NOT_A_STATUS })
      .min(300, { error: NOT_A_STATUS })
      .max(599, { error: NOT_A_STATUS })
      .refine((status) => status !== 410, { error: "410 always ends a delivery; leave it out" }),
  )
  .min(1, { error: "must name at least one HTTP status; leave it out for none" })
  .max(limits.statusesToGiveUpOn)
  .refine((statuses) => new Set(statuses).size === statuses.length, { error: "names a status twice" });
const NOT_A_RATE = `must be deliveries per second, from ${limits.rateLimitMin} to ${limits.rateLimitMax}`;
const rateLimit = z
  .number({ error: NOT_A_RATE })
  .min(limits.rateLimitMin, { error: NOT_A_RATE })
  .max(limits.rateLimitMax, { error: NOT_A_RATE });

const options = {
  eventTypes: eventTypes.optional(),
  description: description.optional(),
  /** Seconds to wait before each retry. */
  retrySchedule: retrySchedule.optional(),
  /** What a dead delivery does to its ordering key. */
  order: order.optional(),
  /** Deliveries per second. */
  rateLimit: rateLimit.optional(),
};

/** Whether it is one to send to depends on the settings, and is asked of the channel. */
const url = z.string().max(limits.urlLength);

export const endpointInput = z.discriminatedUnion(
  "channel",
  [
    z
      .strictObject({
        channel: z.literal("webhook"),
        url,
        headers: headers.optional(),
        /** Sealed, and never shown. */
        secretHeaders: secretHeaders.optional(),
        /** HTTP statuses after which there is no retry. */
        giveUpOn: giveUpOn.optional(),
        ...options,
      })
      .superRefine((input, context) => {
        const refused = refuseTogether(input.headers, Object.keys(input.secretHeaders ?? {}));
        if (refused) context.addIssue({ code: "custom", ...refused });
      }),
    z.strictObject({ channel: z.literal("email"), address: z.email().max(320), ...options }),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? 'must be "webhook" or "email"' : undefined) },
);
export type EndpointInput = z.output<typeof endpointInput>;

/** Null takes an option back to its default. */
export const endpointChange = z.strictObject({
  url: url.optional(),
  address: z.email().max(320).optional(),
  eventTypes: eventTypes.nullable().optional(),
  description: description.nullable().optional(),
  headers: headers.nullable().optional(),
  secretHeaders: secretHeaders.nullable().optional(),
  retrySchedule: retrySchedule.nullable().optional(),
  order: order.nullable().optional(),
  giveUpOn: giveUpOn.nullable().optional(),
  rateLimit: rateLimit.nullable().optional(),
});
export type EndpointChange = z.output<typeof endpointChange>;

/** How a webhook secret is rotated. */
export const rotateInput = z.strictObject({
  /** How long those before it go on signing beside it, in seconds. 0: not at all. Left out: a day. */
  overlapSeconds: z
    .int({ error: "must be a whole number of seconds" })
    .min(0)
    .max(limits.secretOverlapSecondsMax)
    .optional(),
});
export type RotateInput = z.output<typeof rotateInput>;

/** Which endpoints a list is to hold. */
export const endpointFilter = z.strictObject({
  state: z
    .enum(["enabled", "paused", "disabled"], { error: 'must be "enabled", "paused" or "disabled"' })
    .optional(),
  channel: z.enum(["webhook", "email"], { error: 'must be "webhook" or "email"' }).optional(),
});
export type EndpointFilter = z.output<typeof endpointFilter>;
