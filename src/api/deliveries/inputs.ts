import * as plain from "../../trace/filters.ts";
import { described } from "../described.ts";
import { ofEntries, ofSpan } from "../filter-words.ts";

const { state, endpointId, eventType, channel } = ofEntries;
const ofDeadLetters = {
  endpointId,
  eventType,
  channel,
  reason: "Only entries that ended for this reason, such as `exhausted`.",
  error: "Only entries whose latest attempt has this class of error, such as `timeout`.",
  httpStatus: "Only entries whose latest attempt was answered with this HTTP status.",
  ...ofSpan,
};

export const deadLetterFilter = described(plain.deadLetterFilter, ofDeadLetters);

export const deliveryFilter = described(plain.deliveryFilter, { ...ofDeadLetters, state });

export const emailFilter = described(plain.emailFilter, {
  state,
  to: "Only e-mails to this address: in `to`, or with an event of it.",
  status:
    "Only e-mails with a recipient of this status; with `to`, only if it is that one's. `queued`, `accepted`, `uncertain` and `cancelled` are of those of whom nothing has come back.",
  ...ofSpan,
});

export const blockedKeyFilter = described(plain.blockedKeyFilter, { endpointId });

export const keyFilter = described(plain.keyFilter, {
  endpointId: "Endpoint of the deliveries.",
  orderingKey: "Ordering key of the deliveries.",
});
