/** A refused field of the input: its path, and the fault with its remedy. */
export interface FieldError {
  path: string;
  message: string;
}

/**
 * Every failure between a caller and the outbox. `api/door/problem.ts` turns each into HTTP. Other errors of D1 reach
 * the caller as D1 threw them.
 */
export type Failure =
  | { code: "invalid_input"; fields: FieldError[] }
  | { code: "payload_too_large"; fields: FieldError[] }
  | { code: "sender_not_allowed"; fields: FieldError[] }
  | { code: "tenant_not_found"; tenantId: string }
  | { code: "tenant_deleted"; tenantId: string }
  | { code: "endpoint_not_found"; endpointId: string }
  | { code: "endpoint_limit_reached"; limit: number }
  | { code: "endpoint_disabled"; endpointId: string }
  | { code: "delivery_not_found"; messageId: string; endpointId: string }
  | { code: "delivery_settled"; messageId: string; endpointId: string }
  | { code: "delivery_not_settled"; messageId: string; endpointId: string }
  | { code: "content_wiped"; messageId: string }
  | { code: "delivery_not_blocking"; messageId: string; endpointId: string }
  | { code: "delivery_not_waiting"; messageId: string; endpointId: string }
  | { code: "delivery_not_dead"; messageId: string; endpointId: string }
  | { code: "message_not_found"; messageId: string }
  | { code: "token_not_found"; tokenId: string }
  | { code: "token_limit_reached"; limit: number }
  | { code: "token_revoked" }
  | { code: "link_used" }
  | { code: "link_expired" }
  | { code: "event_type_not_found"; name: string }
  | { code: "event_type_exists"; name: string }
  | { code: "event_type_limit_reached"; limit: number }
  | { code: "suppression_limit_reached"; limit: number }
  | { code: "unsubscribe_limit_reached"; limit: number }
  | { code: "version_conflict"; endpointId: string }
  | { code: "secret_keys_missing" }
  | { code: "idempotency_conflict"; key: string }
  | { code: "quota_exceeded"; quota: string; endsAt: number }
  | { code: "request_unanswered"; key: string }
  | { code: "outcome_unknown" }
  | { code: "storage_full" }
  | { code: "storage_unavailable" };

/**
 * A refusal or a failure of the outbox. `code` names it, as in the HTTP API's problems (docs/reference/problems.md);
 * `retryable` tells if an unchanged call may succeed later; the message tells the remedy.
 */
export class OutboxError extends Error {
  override readonly name = "OutboxError";
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(sentenceFor(failure), options);
    this.failure = failure;
  }

  get code(): Failure["code"] {
    return this.failure.code;
  }

  /** True if the unchanged call can succeed later. */
  get retryable(): boolean {
    return (
      ["outcome_unknown", "storage_unavailable", "storage_full", "quota_exceeded"] as Failure["code"][]
    ).includes(this.code);
  }
}

export function invalid(path: string, message: string): OutboxError {
  return new OutboxError({ code: "invalid_input", fields: [{ path, message }] });
}

function sentenceFor(failure: Failure): string {
  switch (failure.code) {
    case "invalid_input":
    case "payload_too_large":
    case "sender_not_allowed":
      return failure.fields.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
    case "tenant_not_found":
      return `There is no tenant "${failure.tenantId}". Create it with POST /v1/tenants.`;
    case "tenant_deleted":
      return `The tenant "${failure.tenantId}" was deleted, and its id is not given out again. Choose another id.`;
    case "endpoint_not_found":
      return `There is no endpoint "${failure.endpointId}" in this tenant. List the endpoints with GET …/endpoints.`;
    case "endpoint_limit_reached":
      return `This tenant has ${failure.limit} endpoints, the most it may have. Delete one first.`;
    case "endpoint_disabled":
      return `The endpoint "${failure.endpointId}" is disabled. Enable it first.`;
    case "delivery_not_found":
      return `The message "${failure.messageId}" has no delivery to the endpoint "${failure.endpointId}". Read the message to see its deliveries.`;
    case "delivery_settled":
      return "This delivery is settled, so it can no longer be cancelled or retried. Replay it instead.";
    case "delivery_not_settled":
      return "This delivery is still under way. Replay it once it is settled, or cancel it first.";
    case "content_wiped":
      return "This sensitive e-mail was wiped when its delivery was settled, and cannot be sent again. Commit another one.";
    case "delivery_not_blocking":
      return "This delivery blocks no ordering key, so it cannot be skipped. Only a dead delivery with an ordering key, to an endpoint with strict order, blocks its key.";
    case "delivery_not_waiting":
      return "This delivery does not wait for a retry: it is being attempted, is scheduled for later, or waits behind an earlier one of its ordering key. Read it again to see its state.";
    case "delivery_not_dead":
      return "This delivery is not dead, and only a dead letter can be dismissed. Cancel it if it is unsettled.";
    case "message_not_found":
      return `There is no message "${failure.messageId}" in this tenant, or it was purged.`;
    case "token_not_found":
      return `There is no token "${failure.tokenId}" in this tenant. List the tokens with GET …/tokens.`;
    case "token_limit_reached":
      return `This tenant has ${failure.limit} tokens, the most it may have. Revoke one first.`;
    case "token_revoked":
      return "This token was revoked, or has expired. Ask the operator for a new one.";
    case "link_used":
      return "This link was opened before, and opens only once. Ask for a new one where you got it.";
    case "link_expired":
      return "This link was to be opened within five minutes. Ask for a new one where you got it.";
    case "event_type_not_found":
      return `There is no event type "${failure.name}" in this tenant. Create it with POST …/event-types.`;
    case "event_type_exists":
      return `There is an event type "${failure.name}" already, with another description or schema. Change it with PATCH …/event-types/${failure.name}.`;
    case "event_type_limit_reached":
      return `This tenant has ${failure.limit} event types, the most it may have. Delete one first.`;
    case "suppression_limit_reached":
      return `This tenant suppresses ${failure.limit} addresses by request, the most it may. Lift one first.`;
    case "unsubscribe_limit_reached":
      return `This tenant has ${failure.limit} unsubscribes by request, the most it may. Remove one first.`;
    case "version_conflict":
      return `The endpoint "${failure.endpointId}" was changed since you read it. Read it again, and send its new version: as ifVersion, or over HTTP as If-Match with its ETag.`;
    case "secret_keys_missing":
      return "SECRET_KEYS is not set, so no secret can be stored. Run `wrangler secret put SECRET_KEYS` (docs/operate/secrets.md shows how to make a key).";
    case "request_unanswered":
      return `A request with the idempotency key "${failure.key}" was carried out, or is under way, and its answer is not known. Read back its effect before you send another.`;
    case "idempotency_conflict":
      return `The idempotency key "${failure.key}" was used with a different body. Use a new key, or send the first body.`;
    case "quota_exceeded":
      return `This tenant has used up its ${failure.quota}, or this commit would exceed it. Nothing was written. The next day begins at ${new Date(failure.endsAt).toISOString()}; its operator can raise the quota with PATCH /v1/tenants/{tenant}.`;
    case "outcome_unknown":
      return "The database did not answer, so the commit may or may not have happened. Repeat it with its idempotency key; without one, look for the message first.";
    case "storage_full":
      return "The database is full. Nothing was changed. Old messages are being removed to free capacity, so try again in some minutes. The operator should shorten RETENTION_DAYS, or move other data out of the database.";
    case "storage_unavailable":
      return "The database, or the bucket of an e-mail's files, did not answer. Nothing was changed; try again.";
  }
}

/** The `type` of a problem document (RFC 9457) of the API, or of an inbox. */
export function problemType(code: string): string {
  return `urn:problem-type:edge-outbox:${code}`;
}

/** Error for an invalid setting. The message names the setting and the remedy, and never a secret value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
