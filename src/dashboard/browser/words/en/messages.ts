export const messages = {
  title: "Messages",
  id: "Message",
  eventType: "Event type",
  orderingKey: "Ordering key",
  committed: "Committed",
  deliveries: "Deliveries",
  reach: "Sent to",
  unmatched: "nobody",
  none: "No messages",
};
