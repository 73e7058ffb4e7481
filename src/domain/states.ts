/** The means by which a delivery reaches the outside world. */
export const CHANNELS = ["webhook", "email", "handler"] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** Where a delivery stands. The last three are final: the delivery is settled. */
export const DELIVERY_STATES = ["pending", "leased", "delivered", "dead", "cancelled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Outcome of an attempt. */
export const OUTCOMES = ["delivered", "retry", "dead"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * `paused`: nothing is sent, and what is committed meanwhile waits too. `disabled`: nothing is sent, and nothing
 * new is addressed to it by event type. `deleted`: its deliveries are cancelled; the row stays for the trace.
 */
export const ENDPOINT_STATES = ["enabled", "paused", "disabled", "deleted"] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/** Effect of a dead delivery on its ordering key. `lenient`: it releases it. `strict`: it blocks it until it is replayed or skipped. */
export const ORDERINGS = ["lenient", "strict"] as const;

/**
 * The body of a webhook. `standard`: `{ type, timestamp, data }`, as Standard Webhooks recommends, so that all three are
 * signed. `raw`: the payload alone.
 */
export const PAYLOAD_FORMATS = ["standard", "raw"] as const;
/** Format of a webhook's body: see `PAYLOAD_FORMATS`. */
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];

/** `paused`: commits are accepted, and nothing is sent. `deleted`: nothing is accepted any more. */
export const TENANT_STATES = ["active", "paused", "deleted"] as const;
export type TenantState = (typeof TENANT_STATES)[number];
