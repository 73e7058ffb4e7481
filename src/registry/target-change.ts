import { isBuiltIn } from "../domain/handlers.ts";
import { isChat } from "../domain/states.ts";
import { invalid } from "../platform/errors.ts";
import type { EndpointChange } from "./endpoint-input.ts";
import type { Endpoint } from "./endpoint-row.ts";
import { maskedUrl } from "./require-target.ts";

/** The URL of a chat as answers show it means the one that it has. */
export function withoutMask({ payloadFormat, target }: Endpoint, change: EndpointChange): EndpointChange {
  const isMask = isChat(payloadFormat) && change.url === target;
  return isMask ? { ...change, url: undefined } : change;
}

const OF_WEBHOOKS = [
  "url",
  "headers",
  "secretHeaders",
  "giveUpOn",
  "payloadFormat",
  "signingSecret",
] as const;
const FOREIGN = {
  webhook: ["address"],
  email: OF_WEBHOOKS,
  handler: ["address", ...OF_WEBHOOKS],
} as const;

/**
 * Target after a change, as it is stored; undefined: it stays.
 * @throws {OutboxError} `invalid_input` for fields that the endpoint does not have
 */
export function targetFrom(endpoint: Endpoint, change: EndpointChange): string | undefined {
  const { channel, id } = endpoint;
  const fixed = isBuiltIn(id) ? (["address", "eventTypes"] as const) : [];
  for (const field of fixed.filter((field) => change[field] !== undefined)) {
    throw invalid(
      field,
      "cannot be set on a built-in endpoint, which takes only messages that name it; create an endpoint of your own",
    );
  }
  const foreign = FOREIGN[channel];
  // Answers show unset fields as null, so null counts as left out.
  for (const field of foreign.filter((field) => change[field] !== undefined && change[field] !== null)) {
    throw invalid(field, `does not apply to an endpoint of the channel "${channel}"; leave it out`);
  }
  refuseFormat(endpoint, change);
  return change.url && isChat(endpoint.payloadFormat)
    ? maskedUrl(change.url)
    : (change.url ?? change.address);
}

/** Its URL stands where that of a signed webhook does not, and belongs to one chat alone. */
function refuseFormat({ payloadFormat: before }: Endpoint, { payloadFormat, signingSecret }: EndpointChange) {
  if (isChat(before) && signingSecret !== undefined)
    throw invalid("signingSecret", "does not apply to a chat, which verifies nothing; leave it out");
  const after = payloadFormat === null ? "standard" : (payloadFormat ?? before);
  if (after === before || (!isChat(before) && !isChat(after))) return;
  throw invalid("payloadFormat", "cannot change to or from that of a chat; create an endpoint of its own");
}
