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
).describe(
  "Event types that the endpoint receives, compared exactly, without wildcards. Defaults to every event type.",
);
const description = wellFormed(z.string().max(limits.descriptionLength)).describe("Description for people.");
const retrySchedule = z
  .array(numberIn(z.number().min(limits.retryDelaySecondsMin).max(limits.retryDelaySeconds)))
  .max(limits.retriesPerSchedule)
  .describe(
    `Seconds to wait before each retry, each from ${limits.retryDelaySecondsMin} to ${limits.retryDelaySeconds}. \`[]\`: one attempt only. Defaults to \`RETRY_SCHEDULE\`.`,
  );
const order = z
  .enum(ORDERINGS)
  .describe(
    "Effect of a dead delivery on its ordering key. `lenient`: the key goes on. `strict`: the key is blocked until the delivery is replayed or skipped. Defaults to `lenient`.",
  );
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
).describe(
  "HTTP statuses, from 300 to 599, that end a delivery without a retry. 410 always does, and is not listed. Defaults to none.",
);
const payloadFormat = z
  .enum(BODY_FORMATS)
  .describe(
    "Form of a webhook's body. `standard`: `{ type, timestamp, data }`, all of it signed; `data` is the payload. `raw`: the payload alone, and the event type in an unsigned header. `slack`, `discord`, `teams`: an unsigned message in that chat, which stays one; its `url` is its secret. Defaults to `standard`.",
  );
const NOT_A_RATE = `must be deliveries per second, from ${limits.rateLimitMin} to ${limits.rateLimitMax}`;
const rateLimit = numberIn(
  z
    .number({ error: NOT_A_RATE })
    .min(limits.rateLimitMin, { error: NOT_A_RATE })
    .max(limits.rateLimitMax, { error: NOT_A_RATE }),
).describe("Largest number of deliveries per second, retries included. Defaults to no limit.");
const maxConcurrency = numberIn(wholeNumber(1, limits.inFlightPerEndpointMost, "requests at once")).describe(
  "Largest number of deliveries that are sent at once. Defaults to no limit of its own: as many as the endpoint keeps up with.",
);

const options = {
  eventTypes: leftOut(eventTypes),
  description: leftOut(description),
  retrySchedule: leftOut(retrySchedule),
  order: leftOut(order),
  rateLimit: leftOut(rateLimit),
  maxConcurrency: leftOut(maxConcurrency),
};

/** The channel checks the target, because that depends on the settings. */
const url = wellFormed(z.string().max(limits.urlLength)).describe(
  "URL that receives the webhooks: https, without user name or password. The outbox itself, local names, and private or reserved addresses are refused.",
);
const NOT_A_SECRET = `must be "${SECRET_PREFIX}" and ${limits.givenSecretBytes.from} to ${limits.givenSecretBytes.to} bytes in base 64, as Standard Webhooks has it`;
/** For customers of another service, whose receivers keep their secret. */
const givenSecret = z
  .string()
  .refine(isSecret, { error: NOT_A_SECRET })
  .describe(
    `Signing secret of your own: \`${SECRET_PREFIX}\` and ${limits.givenSecretBytes.from} to ${limits.givenSecretBytes.to} bytes in base 64. Defaults to a new random secret.`,
  );
const signingSecret = z
  .enum(["keep", "rotate"])
  .describe(
    "Fate of the signing secret; required with a `url` of another origin. `keep`: the secret stays. `rotate`: a new secret signs at once, alone, and the answer shows it.",
  );
const address = emailAddress.describe("Address that receives an e-mail for each message.");

export const endpointInput = z.discriminatedUnion(
  "channel",
  [
    z
      .strictObject({
        channel: z.literal("webhook").describe("Sends signed requests to a URL."),
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
      channel: z.literal("email").describe("Sends e-mails to an address."),
      address,
      ...options,
    }),
    z.strictObject({
      channel: z.literal("handler").describe("Calls a function in the outbox's Worker."),
      handler: handlerName.describe("Name of the handler, as registered in the Worker."),
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
  url: leftOut(url).describe(
    "New URL of the webhook. A URL of another origin requires `signingSecret`, and drops the secret headers that the change does not give again.",
  ),
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
  overlapSeconds: leftOut(numberIn(wholeNumber(0, limits.secretOverlapSecondsMax, "seconds"))).describe(
    "Seconds for which the previous secrets go on signing beside the new one. 0: not at all. Defaults to a day.",
  ),
  secret: leftOut(givenSecret),
});
export type RotateInput = z.output<typeof rotateInput>;

/** Filter of a list of endpoints. */
export const endpointFilter = z.strictObject({
  state: z.enum(["enabled", "paused", "disabled"]).optional().describe("Only entries in this state."),
  channel: z.enum(CHANNELS).optional().describe("Only endpoints of this channel."),
});
export type EndpointFilter = z.output<typeof endpointFilter>;
