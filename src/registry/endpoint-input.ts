import * as z from "zod";
import { isSecret, SECRET_PREFIX } from "../domain/endpoint-secrets.ts";
import { eventTypeName } from "../domain/event-type.ts";
import { handlerName } from "../domain/handlers.ts";
import { BODY_FORMATS, CHANNELS, isChat, ORDERINGS } from "../domain/states.ts";
import { eachOnce, leftOut, numberIn, wellFormed, wholeNumber } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { anyOf } from "../platform/sentence-for.ts";
import { emailAddress } from "./email-address.ts";
import { headers, refuseTogether, secretHeaders } from "./header-input.ts";

const eventTypes = eachOnce(
  z
    .array(eventTypeName)
    .min(1, { error: "must name at least one event type; leave it out for all of them" })
    .max(limits.eventTypesPerEndpoint),
);
const description = wellFormed(z.string().max(limits.descriptionLength));
const retrySchedule = z
  .array(numberIn(z.number().min(limits.retryDelaySecondsMin).max(limits.retryDelaySeconds)))
  .max(limits.retriesPerSchedule);
const order = z.enum(ORDERINGS);
const NOT_A_STATUS = "must be an HTTP status from 300 to 599";
const giveUpOn = eachOnce(
  z
    .array(
      numberIn(
        z
          .int({ error: NOT_A_STATUS })
          .min(300, { error: NOT_A_STATUS })
          .max(599, { error: NOT_A_STATUS })
          .refine((status) => status !== 410, {
            error: "must not have 410, which always ends a delivery; leave it out",
          }),
      ),
    )
    .min(1, { error: "must name at least one HTTP status; leave it out for none" })
    .max(limits.statusesToGiveUpOn),
);
const payloadFormat = z.enum(BODY_FORMATS);
const NOT_A_RATE = `must be deliveries per second, from ${limits.rateLimitMin} to ${limits.rateLimitMax}`;
const rateLimit = numberIn(
  z
    .number({ error: NOT_A_RATE })
    .min(limits.rateLimitMin, { error: NOT_A_RATE })
    .max(limits.rateLimitMax, { error: NOT_A_RATE }),
);
const maxConcurrency = numberIn(wholeNumber(1, limits.inFlightPerEndpointMost, "requests at once"));

const options = {
  eventTypes: leftOut(eventTypes),
  description: leftOut(description),
  retrySchedule: leftOut(retrySchedule),
  order: leftOut(order),
  rateLimit: leftOut(rateLimit),
  maxConcurrency: leftOut(maxConcurrency),
};

/** The channel checks the target, because that depends on the settings. */
const url = wellFormed(z.string().max(limits.urlLength));
const NOT_A_SECRET = `must be "${SECRET_PREFIX}" and ${limits.givenSecretBytes.from} to ${limits.givenSecretBytes.to} bytes in base 64, as Standard Webhooks has it`;
/** For customers of another service, whose receivers keep their secret. */
const givenSecret = z.string().refine(isSecret, { error: NOT_A_SECRET });
const signingSecret = z.enum(["keep", "rotate"]);
const address = emailAddress;

export const endpointInput = z.discriminatedUnion(
  "channel",
  [
    z
      .strictObject({
        channel: z.literal("webhook"),
        url,
        headers: leftOut(headers),
        secretHeaders: leftOut(secretHeaders),
        giveUpOn: leftOut(giveUpOn),
        payloadFormat: leftOut(payloadFormat),
        secret: leftOut(givenSecret),
        ...options,
      })
      .superRefine((input, context) => {
        const refused = refuseTogether(input.headers, Object.keys(input.secretHeaders ?? {}));
        if (refused) context.addIssue({ code: "custom", ...refused });
        if (input.secret !== undefined && isChat(input.payloadFormat ?? "standard")) {
          const message = "does not apply to a chat, which verifies nothing; leave it out";
          context.addIssue({ code: "custom", path: ["secret"], message });
        }
      }),
    z.strictObject({
      channel: z.literal("email"),
      address,
      ...options,
    }),
    z.strictObject({
      channel: z.literal("handler"),
      handler: handlerName,
      ...options,
    }),
  ],
  {
    error: (issue) => (issue.code === "invalid_union" ? `must be ${anyOf(CHANNELS)}` : undefined),
  },
);
export type EndpointInput = z.output<typeof endpointInput>;

/** Null resets an option to its default. */
export const endpointChange = z.strictObject({
  url: leftOut(url),
  signingSecret: leftOut(signingSecret),
  address: leftOut(address),
  eventTypes: eventTypes.nullable().optional(),
  description: description.nullable().optional(),
  headers: headers.nullable().optional(),
  secretHeaders: secretHeaders.nullable().optional(),
  retrySchedule: retrySchedule.nullable().optional(),
  order: order.nullable().optional(),
  giveUpOn: giveUpOn.nullable().optional(),
  payloadFormat: payloadFormat.nullable().optional(),
  rateLimit: rateLimit.nullable().optional(),
  maxConcurrency: maxConcurrency.nullable().optional(),
});
export type EndpointChange = z.output<typeof endpointChange>;

/** Options of the rotation of a webhook secret. */
export const rotateInput = z.strictObject({
  overlapSeconds: leftOut(numberIn(wholeNumber(0, limits.secretOverlapSecondsMax, "seconds"))),
  secret: leftOut(givenSecret),
});
export type RotateInput = z.output<typeof rotateInput>;

/** Filter of a list of endpoints. */
export const endpointFilter = z.strictObject({
  state: z.enum(["enabled", "paused", "disabled"]).optional(),
  channel: z.enum(CHANNELS).optional(),
});
export type EndpointFilter = z.output<typeof endpointFilter>;
