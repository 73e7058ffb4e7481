/** Obstacles that a delivery waits for. */
export const waits = {
  underWay: "under way",
  tenantPaused: "sending is paused for the tenant",
  endpointPaused: "its endpoint is paused",
  endpointDisabled: "its endpoint is disabled",
  blockedKey: "behind a dead delivery that blocks its ordering key",
  key: "behind an earlier delivery of its ordering key",
  schedule: "scheduled",
  retry: "next attempt",
  breaker: "its endpoint failed too often, and is left alone for now",
  rateLimit: "the rate limit of its endpoint is used up",
  relay: "waits for its turn",
};

export const tried = (what: string, when: string) => `${what}; tried ${when}`;

/** Reasons why a delivery ended. */
export const reasons = {
  exhausted: "the last retry failed",
  given_up: "no further attempt would help",
  poison: "its consumers died again and again",
  gone: "the endpoint answered 410",
  suppressed: "its recipients get no e-mails for now",
  uncertain: "held, as it may have been sent",
  endpoint_deleted: "the endpoint was deleted",
  dismissed: "dismissed by a person",
  by_request: "cancelled by a person",
  expired: "it was not to be sent any more",
  unsubscribed: "its recipient has unsubscribed from its topic",
};

/** The reason, where the status is one on which the endpoint gives up. */
export const givenUpOn: string = "its endpoint gives up on this status";

/** Classes of errors of an attempt. */
export const errors = {
  http_status: "The answer was not 2xx.",
  redirect: "Redirects are not followed.",
  gone: "410: the endpoint was disabled.",
  timeout: "No complete answer came in time.",
  uncertain: "It may have been sent: look at the provider.",
  dns: "The name of the host was not found.",
  tls: "No secure connection came about.",
  refused: "The connection was refused.",
  connection_lost: "The connection broke off.",
  unreachable: "The host was not reached.",
  network: "The host was not reached, or stopped talking.",
  loop_detected: "The URL is the API of an outbox. Give the endpoint another URL, and replay.",
  target_refused: "The URL is not allowed, or its name leads to a private address.",
  secret_unavailable:
    "The secrets of the endpoint do not open: their key is not in SECRET_KEYS. Nothing was sent.",
  payload_invalid: "The payload is not an e-mail.",
  payload_unknown: "The e-mail has fields that this version of the Worker does not know.",
  built_for_production: "ENVIRONMENT is development in a deployment, which sends no e-mails. They wait.",
  attachment_unavailable: "A file of the e-mail could not be read. Nothing was sent.",
  attachment_changed:
    "A file of the e-mail is gone from its bucket, or is another than was committed. Nothing was sent.",
  email_binding: "The e-mail binding failed.",
  platform_limit: "The invocation had made as many calls as Cloudflare allows.",
  handler_threw: "The handler threw an error.",
  gave_up: "The handler gave up.",
  retry_asked: "The handler asked for another attempt.",
  handler_answer: "The handler's answer was not valid.",
  handler_unknown: "The Worker has no handler of this name.",
  chat_unknown: "The Worker posts to no chats: it lacks the option chats.",
  effects_refused: "The database refused the handler's effects.",
  internal: "The channel failed unexpectedly.",
};

/** Things that people do to deliveries. */
export const acts = {
  replay: {
    verb: "Replay",
    ask: (n: string, one: boolean) => (one ? "Replay this delivery?" : `Replay ${n} deliveries?`),
    effect:
      "Sent again with the same webhook-id: a receiver that drops known ids drops what it accepted before.",
    done: (n: string) => `Replayed: ${n}`,
  },
  cancel: {
    verb: "Cancel",
    ask: (n: string, one: boolean) => (one ? "Cancel this delivery?" : `Cancel ${n} deliveries?`),
    effect: "Nothing more is sent. An attempt on its way cannot be called back. A replay is possible later.",
    done: (n: string) => `Cancelled: ${n}`,
  },
  retry: {
    verb: "Retry now",
    ask: (n: string, one: boolean) => (one ? "Retry this delivery now?" : `Retry ${n} deliveries now?`),
    effect: "The next attempt is made at once, and uses up none of the retry schedule.",
    done: (n: string) => (n === "1" ? "1 delivery goes out now" : `${n} deliveries go out now`),
  },
  skip: {
    verb: "Skip",
    ask: () => "Let the ordering key go on?",
    effect:
      "The delivery stays dead. Those behind it in its ordering key are sent: the order is given up here.",
    done: (n: string) => `Skipped: ${n}`,
  },
  dismiss: {
    verb: "Dismiss",
    ask: () => "Dismiss this dead letter?",
    effect:
      "It is put away as cancelled. An ordering key that it blocks goes on. A replay can bring it back.",
    done: (n: string) => `Dismissed: ${n}`,
  },
  refused: (n: string, why: string) => `refused: ${n} (${why})`,
  stopped: (left: string) => `stopped, ${left} left`,
  unsuited: (n: string) => `${n} selected ones are left out: their state does not allow it.`,
  none: "None of the selected deliveries is in a state that allows it.",
  deleted: "The endpoint was deleted.",
  notWaiting: {
    underWay: "It is being attempted.",
    key: "It waits behind an earlier delivery of its ordering key.",
    schedule: "It is scheduled for later.",
  },
  curl: "Copy curl command",
  curlOf: "curl command, signed with a secret for tests",
};

export const timeline = {
  title: "Timeline",
  scale: "Scale",
  linear: "To scale",
  compressed: "Compressed",
  now: "now",
  hint: "Point at the drawing, or move through it with the arrow keys.",
  list: "As a list",
  attempt: (n: number, after: string, result: string, took: string) =>
    `attempt ${n}, ${after} after the commit: ${result} in ${took}`,
  next: (when: string) => `the next ${when} later`,
  nextDue: (when: string) => `the next ${when}`,
  planned: (n: number, when: string) => `attempt ${n} planned ${when}, if it is needed`,
  lasting: (what: string, took: string) => `for ${took}: ${what}`,
  settled: (state: string, after: string) => `${state} ${after} after the commit`,
};
