import { EVENT_TYPE_FORM } from "../../domain/event-type.ts";
import * as plain from "../../outbox/message.ts";
import { leftOut } from "../../platform/fields.ts";
import { limits } from "../../platform/limits.ts";
import * as filters from "../../trace/filters.ts";
import { described } from "../described.ts";
import { ofEntries, ofSpan } from "../filter-words.ts";

export const deliverAt = leftOut(plain.deliverAtText).openapi({
  description:
    "Instant before which the message is not sent, at most 366 days ahead. An instant in the past means now. Later messages of the ordering key wait too. Defaults to now.",
  example: "2026-11-23T20:00:00Z",
});

export const messageInput = described(plain.messageInput, {
  eventType: `Kind of fact that the message tells: ${EVENT_TYPE_FORM}.`,
  payload: `Payload: any JSON value, up to ${limits.payloadBytes / 1024} KiB. Numbers keep all their digits, even where a double cannot hold them.`,
  orderingKey:
    "Deliveries of one endpoint with an equal ordering key go out in commit order: each waits until the previous one is settled. A dead delivery counts as settled, unless the endpoint's `order` is `strict`. Defaults to no order.",
  endpointIds:
    "Ids of the endpoints to send to, whatever they subscribe to. Defaults to the endpoints that subscribe to the event type.",
}).extend({ deliverAt });

export const messageFilter = described(filters.messageFilter, {
  eventType: ofEntries.eventType,
  orderingKey: "Only messages with this ordering key.",
  endpointId: "Only messages with a delivery to this endpoint.",
  unmatched: "True: only messages that went to no endpoint. Defaults to false.",
  ...ofSpan,
});
