/** Obstacles that a delivery waits for. */
export const waits = {
  underWay: "under way",
  tenantPaused: "sending is paused for the tenant",
  endpointPaused: "its endpoint is paused",
  endpointDisabled: "its endpoint is disabled",
  blockedKey: "behind a dead delivery that blocks its ordering key",
  key: "behind an earlier delivery of its ordering key",
  schedule: "scheduled",
  retry: "is tried again",
  breaker: "its endpoint failed too often, and is left alone",
  rateLimit: "the rate limit of its endpoint is used up",
  relay: "waits for its turn",
};

/** Reasons why a delivery ended. */
export const reasons = {
  exhausted: "the last retry failed",
  given_up: "no further attempt would help",
  poison: "its consumers died again and again",
  gone: "the endpoint answered 410",
  endpoint_deleted: "the endpoint was deleted",
  dismissed: "dismissed by a person",
  by_request: "cancelled by a person",
};

/** Classes of errors of an attempt. */
export const errors = {
  http_status: "The answer was not 2xx.",
  redirect: "Redirects are not followed.",
  gone: "410: the endpoint was disabled.",
  timeout: "No complete answer came in time.",
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
  email_binding: "The e-mail binding failed.",
  platform_limit: "The invocation had made as many calls as Cloudflare allows.",
  handler_threw: "The handler threw an error.",
  gave_up: "The handler gave up.",
  retry_asked: "The handler asked for another attempt.",
  handler_answer: "The handler's answer was not valid.",
  handler_unknown: "The Worker has no handler of this name.",
  effects_refused: "The database refused the handler's effects.",
  internal: "The channel failed unexpectedly.",
};
