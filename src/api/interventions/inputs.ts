import * as replay from "../../interventions/replay.ts";
import * as retry from "../../interventions/retry.ts";
import * as settled from "../../interventions/settled.ts";
import * as skip from "../../interventions/skip.ts";
import { leftOut } from "../../platform/fields.ts";
import { described, describedItems } from "../described.ts";

const dryRun = "True: counts, and changes nothing. Defaults to false.";
const since = "Only deliveries of messages committed at this instant or later.";
const ofSettled = {
  until: "Only deliveries of messages committed before this instant.",
  eventTypes: "Only deliveries of these event types, compared exactly.",
  asOf: "Only deliveries settled by this instant: the `asOf` of an earlier answer, so that a delivery that dies again is not taken twice. Defaults to now; `deliveries` have no default.",
  dryRun,
};

export const endpointReplayInput = described(replay.endpointReplayInput, {
  since,
  states: "Only deliveries that ended in one of these states.",
  ...ofSettled,
});

const resultInput = described(settled.resultInput, {
  reason: "Reason why they died.",
  error: "Class of the error of their last attempt.",
  httpStatus: "HTTP status that their last attempt was answered with.",
});

const deliveries = describedItems(settled.deliveryNames, {
  messageId: "Id of the message.",
  endpointId: "Id of the endpoint.",
});

/** Selection of a tenant's dead letters. */
export const deadLetterInput = described(
  settled.deadLetterInput.safeExtend({ deliveries: leftOut(deliveries), result: leftOut(resultInput) }),
  {
    deliveries: "Only these deliveries. A delivery that is not a dead letter is ignored, and not counted.",
    since,
    endpointId: "Only dead letters of this endpoint.",
    channel: "Only dead letters of this channel.",
    result:
      "Only dead letters with this result, as a group of them has it. A field that is left out matches all; null: there is none.",
    ...ofSettled,
  },
);

export const retryInput = described(retry.retryInput, { dryRun });

export const skipInput = described(skip.skipInput, {
  orderingKey: "Only this ordering key. Defaults to every blocked key.",
  dryRun,
});
