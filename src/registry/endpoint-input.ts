import { z } from "zod";
import { eventTypeName } from "../domain/event-type.ts";
import { ORDERINGS } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

/** Why a URL is refused, or undefined; the webhook channel's own check. */
export type RefuseUrl = (url: string) => string | undefined;

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
/** What the channel or the runtime sets itself, and what must not be spoofed. */
const RESERVED_HEADER =
  /^(host|content-length|content-type|connection|transfer-encoding|user-agent|authorization|cookie|traceparent|tracestate|webhook-.*|cf-.*)$/i;

const eventTypes = z
  .array(eventTypeName)
  .min(1, { error: "must name at least one event type; leave it out for all of them" })
  .max(limits.eventTypesPerEndpoint);
const description = z.string().max(limits.descriptionLength);
const headers = z
  .record(
    z.string().max(limits.headerNameLength).regex(HEADER_NAME, { error: "is not the name of a header" }),
    z.string().max(limits.headerValueLength).regex(HEADER_VALUE, { error: "must be printable ASCII" }),
  )
  .superRefine((given, context) => {
    for (const name of Object.keys(given).filter((name) => RESERVED_HEADER.test(name))) {
      context.addIssue({
        code: "custom",
        path: [name],
        message: "is set by the outbox or reserved; choose another name",
      });
    }
    if (Object.keys(given).length > limits.headersPerEndpoint) {
      context.addIssue({ code: "custom", message: `at most ${limits.headersPerEndpoint} headers` });
    }
  });
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

function webhookUrl(refuse: RefuseUrl) {
  return z.string().superRefine((url, context) => {
    const reason = refuse(url);
    if (reason) context.addIssue({ code: "custom", message: reason });
  });
}

export function endpointInput(refuse: RefuseUrl) {
  return z.discriminatedUnion(
    "channel",
    [
      z.strictObject({
        channel: z.literal("webhook"),
        url: webhookUrl(refuse),
        headers: headers.optional(),
        /** HTTP statuses after which there is no retry. */
        giveUpOn: giveUpOn.optional(),
        ...options,
      }),
      z.strictObject({ channel: z.literal("email"), address: z.email().max(320), ...options }),
    ],
    { error: (issue) => (issue.code === "invalid_union" ? 'must be "webhook" or "email"' : undefined) },
  );
}
export type EndpointInput = z.output<ReturnType<typeof endpointInput>>;

/** Null takes an option back to its default. */
export function endpointChange(refuse: RefuseUrl) {
  return z.strictObject({
    url: webhookUrl(refuse).optional(),
    address: z.email().max(320).optional(),
    eventTypes: eventTypes.nullable().optional(),
    description: description.nullable().optional(),
    headers: headers.nullable().optional(),
    retrySchedule: retrySchedule.nullable().optional(),
    order: order.nullable().optional(),
    giveUpOn: giveUpOn.nullable().optional(),
    rateLimit: rateLimit.nullable().optional(),
  });
}
export type EndpointChange = z.output<ReturnType<typeof endpointChange>>;
