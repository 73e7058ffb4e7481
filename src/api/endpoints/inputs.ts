import { SECRET_PREFIX } from "../../domain/endpoint-secrets.ts";
import { limits } from "../../platform/limits.ts";
import * as plain from "../../registry/endpoint-input.ts";
import { described } from "../described.ts";
import { ofEntries } from "../filter-words.ts";

const { from, to } = limits.givenSecretBytes;
const secret = `Signing secret of your own: \`${SECRET_PREFIX}\` and ${from} to ${to} bytes in base 64. Defaults to a new random secret.`;
const address = "Address that receives an e-mail for each message.";
const options = {
  eventTypes:
    "Event types that the endpoint receives, compared exactly, without wildcards. Defaults to every event type.",
  description: "Description for people.",
  retrySchedule: `Seconds to wait before each retry, each from ${limits.retryDelaySecondsMin} to ${limits.retryDelaySeconds}. \`[]\`: one attempt only. Defaults to \`RETRY_SCHEDULE\`.`,
  order:
    "Effect of a dead delivery on its ordering key. `lenient`: the key goes on. `strict`: the key is blocked until the delivery is replayed or skipped. Defaults to `lenient`.",
  rateLimit: "Largest number of deliveries per second, retries included. Defaults to no limit.",
  maxConcurrency:
    "Largest number of deliveries that are sent at once. Defaults to no limit of its own: as many as the endpoint keeps up with.",
};
const ofWebhooks = {
  headers: `Headers sent with each webhook, up to ${limits.headersPerEndpoint} together with the secret ones. Refused are headers that the outbox sets itself, that frame the request, or that name the caller; \`authorization\` and \`cf-access-…\` belong in \`secretHeaders\`.`,
  secretHeaders:
    "Headers sent with each webhook whose values are sealed and never shown, as `authorization`.",
  giveUpOn:
    "HTTP statuses, from 300 to 599, that end a delivery without a retry. 410 always does, and is not listed. Defaults to none.",
  payloadFormat:
    "Form of a webhook's body. `standard`: `{ type, timestamp, data }`, all of it signed; `data` is the payload. `raw`: the payload alone, and the event type in an unsigned header. `slack`, `discord`, `teams`: a readable message, unsigned, as an incoming webhook of that chat takes it; its `url` is its secret, and is sealed. Defaults to `standard`. A webhook never becomes a chat, nor a chat another.",
};

const [webhook, email, handler] = plain.endpointInput.options;
export const endpointInput = plain.endpointInput.clone({
  ...plain.endpointInput.def,
  options: [
    described(webhook, {
      ...options,
      ...ofWebhooks,
      channel: "Sends signed requests to a URL.",
      url: "URL that receives the webhooks: https, without user name or password. The outbox itself, local names, and private or reserved addresses are refused. The URL of a chat is sealed, and shown as its host alone.",
      secret,
    }),
    described(email, { ...options, channel: "Sends e-mails to an address.", address }),
    described(handler, {
      ...options,
      channel: "Calls a function in the outbox's Worker.",
      handler: "Name of the handler, as registered in the Worker.",
    }),
  ],
});

export const endpointChange = described(plain.endpointChange, {
  ...options,
  ...ofWebhooks,
  url: "New URL of the webhook. A URL of another origin requires `signingSecret`, and drops the secret headers that the change does not give again.",
  signingSecret:
    "Fate of the signing secret; required with a `url` of another origin. `keep`: the secret stays. `rotate`: a new secret signs at once, alone, and the answer shows it.",
  address,
});

export const rotateInput = described(plain.rotateInput, {
  overlapSeconds:
    "Seconds for which the previous secrets go on signing beside the new one. 0: not at all. Defaults to a day.",
  secret,
});

export const endpointFilter = described(plain.endpointFilter, {
  state: ofEntries.state,
  channel: "Only endpoints of this channel.",
});
