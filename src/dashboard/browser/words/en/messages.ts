export const messages = {
  title: "Messages",
  id: "Message",
  eventType: "Event type",
  orderingKey: "Ordering key",
  endpoint: "Endpoint",
  channel: "Channel",
  state: "State",
  committed: "Committed",
  deliveries: "Deliveries",
  reach: "Sent to",
  unmatched: "nobody",
  text: "Text in the payload",
  since: "Since",
  until: "Until",
  none: "No messages yet",
  noneHint: "Send one here, or from your code:",
  lookedThrough: (n: string) => `Looked through ${n} messages on this page, newest first.`,
  send: "Send a message",
};

export const message = {
  gone: "There is no such message",
  goneDetail:
    "It was never committed here, or was removed: a message is kept for a time after it is settled, 30 days unless set otherwise, or 90 with a dead letter.",
  sequence: "Sequence",
  deliverAt: "Not before",
  trace: "Trace id",
  size: "Size",
  acts: "Acts on it",
  payload: "Payload",
  subscribers: (type: string) =>
    `No endpoint subscribed to ${type} when it was committed. These are the endpoints of now, and their event types:`,
  noEndpoints: "There are no endpoints.",
  everyType: "every event type",
  cancelLeft: "Cancel unsettled deliveries",
  replayAll: "Replay settled deliveries",
  again: "Send as a new message",
  attempts: (n: number) => (n === 1 ? "1 attempt" : `${n} attempts`),
  noAttempt: "No attempt yet.",
  recipients: "Recipients",
  statuses: {
    queued: "queued",
    accepted: "accepted",
    deferred: "put off",
    delivered: "arrived",
    expired: "expired",
    failed: "failed",
    uncertain: "uncertain",
    suppressed: "suppressed",
    bounced: "bounced",
    complained: "complained",
    cancelled: "cancelled",
  },
  bounces: { soft: "for now", hard: "for good" },
  olderAttempts: "Older attempts",
  afterCommit: (time: string) => `${time} after the commit`,
  afterReplay: "after a replay",
  request: "Request",
  response: "Response",
  noAnswer: "no answer",
  excerpt: "Beginning of the answer",
  asOfNow: "The headers of the endpoint are those of now.",
  sealed: "sealed",
  signed: "signed with the secret of the endpoint, and not kept",
  retriesLeft: (n: number) =>
    n === 0 ? "for the last time" : n === 1 ? "1 retry after that" : `${n} retries after that`,
  deletedEndpoint: "deleted endpoint",
  email: "E-mail",
  sensitive: {
    sealed:
      "This e-mail is sensitive: its content is sealed, shown to nobody, and wiped when its delivery is settled.",
    wiped:
      "This e-mail is sensitive: its content was wiped when its delivery was settled, so it cannot be sent again.",
  },
  to: "To",
  copies: "Cc",
  blindCopies: "Bcc",
  from: "From",
  replyTo: "Reply to",
  expiresAt: "Not after",
  attachments: "Attachments",
  topic: "Topic",
  headers: "Further headers",
  tags: "Tags",
  subject: "Subject",
  text: "Text",
  html: "HTML",
  htmlHint: "Shown without scripts, and without anything that would have to be loaded, such as images.",
};

/** The sentence at the head of a message. */
export const sentence = {
  nobody: "Went to nobody",
  delivered: (n: string, of: string) =>
    n === of ? (n === "1" ? "Delivered" : `Delivered to all ${of}`) : `Delivered to ${n} of ${of}`,
  within: (told: string, took: string) => `${told} in ${took}`,
  others: (n: string) => `${n} others`,
  dead: (who: string, n: number) => `${who} ${n === 1 ? "is" : "are"} dead`,
  cancelled: (who: string, n: number) => `${who} ${n === 1 ? "is" : "are"} cancelled`,
  retry: (who: string, when: string) => `${who}: next attempt ${when}`,
  waits: (who: string, what: string) => `${who}: ${what}`,
  times: (result: string, n: number) =>
    n === 1 ? result : n === 2 ? `${result} twice` : `${result}, ${n} times`,
};

export const sending = {
  title: "Send a message",
  payload: "Payload",
  payloadHint: "Any JSON value, up to 256 KiB.",
  notJson: (why: string) => `Not JSON: ${why}`,
  example: "Take the example of the event type",
  orderingKeyHint: "Deliveries of an endpoint that share it go out in the order of their commits.",
  deliverAt: "Not before",
  idempotencyKey: "Idempotency key",
  idempotencyHint: "A message is committed once for each key. Left empty, this form has one of its own.",
  only: "Only to these endpoints",
  onlyHint: "None chosen: to every endpoint that subscribes to the event type.",
  submit: "Send",
  done: (n: string) => `Committed. Deliveries: ${n}`,
  each: (n: string) => `Committed, an e-mail for each recipient: ${n}`,
  duplicate:
    "Nothing was sent: this message was committed before under the same idempotency key. Here it is.",
};

export const deliveries = {
  title: "Deliveries",
  none: "No deliveries yet",
  noneHint: "Each message makes one for every endpoint that subscribes to its event type.",
  attempts: "Attempts",
  result: "Latest answer",
  latest: "Latest attempt",
  selected: (n: string) => `${n} selected`,
};

export const emails = {
  title: "E-mails",
  none: "No e-mails yet",
  noneHint: "Send one from your code:",
  noEmail: "not an e-mail",
  provider: "Answer of the provider",
};

export const channels = { webhook: "webhook", email: "e-mail", handler: "handler" };
