import { EVENT_TYPE_FORM } from "../../domain/event-type.ts";
import * as plain from "../../registry/event-types.ts";
import { described } from "../described.ts";

const ofEventTypes = {
  description: "Meaning of the event, for people.",
  schema:
    "JSON Schema that payloads must fit: draft 2020-12, or an earlier one that `$schema` names, down to draft-04. Null or left out: any payload.",
  dryRun: "True: checks the request, and changes nothing. Defaults to false.",
};

export const eventTypeInput = described(plain.eventTypeInput, {
  name: `Name of the event type, as messages have it: ${EVENT_TYPE_FORM}.`,
  ...ofEventTypes,
});

export const eventTypeChange = described(plain.eventTypeChange, {
  ...ofEventTypes,
  archived:
    "True: takes the event type off the list, and endpoints can no longer newly name it. Its messages are still accepted, and checked. False: puts it back.",
});
