/** Words of the filters of several resources. */

/** A span of commits. */
export const ofSpan = {
  since: "Only entries of messages committed at this instant or later.",
  until: "Only entries of messages committed before this instant.",
};
export const ofEntries = {
  eventType: "Only entries of this event type.",
  endpointId: "Only entries of this endpoint.",
  channel: "Only entries of this channel.",
  state: "Only entries in this state.",
};
