/** The means by which a delivery reaches the outside world. */
export const CHANNELS = ["webhook", "email", "handler"] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** State of a delivery. The last three are final: the delivery is settled. */
export const DELIVERY_STATES = ["pending", "leased", "delivered", "dead", "cancelled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Reason of an e-mail that is cancelled because it is not to be sent any more. */
export const EXPIRED = "expired";

/** Reason of an e-mail that is cancelled because its recipient has unsubscribed from its topic. */
export const UNSUBSCRIBED = "unsubscribed";

/** Outcome of an attempt. */
export const OUTCOMES = ["delivered", "retry", "dead"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * State of an endpoint. `paused`: nothing is sent, and new deliveries wait too. `disabled`: nothing is sent, and event
 * types make no new deliveries to it. `deleted`: its deliveries are cancelled; the row stays for the trace.
 */
export const ENDPOINT_STATES = ["enabled", "paused", "disabled", "deleted"] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/**
 * Effect of a dead delivery on its ordering key. `lenient`: the key goes on. `strict`: the key is blocked until the
 * delivery is replayed or skipped.
 */
export const ORDERINGS = ["lenient", "strict"] as const;

/** Chats that take messages at a URL of their own. Whoever knows the URL may post, so it is kept as a secret. */
export const CHATS = ["slack", "discord", "teams"] as const;
export type Chat = (typeof CHATS)[number];

/**
 * The body of a signed webhook. `standard`: `{ type, timestamp, data }`, as Standard Webhooks recommends, so that all three
 * fields are signed. `raw`: the payload alone.
 */
export const PAYLOAD_FORMATS = ["standard", "raw"] as const;
/** Format of a signed webhook's body: see `PAYLOAD_FORMATS`. */
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];

/** The body of any webhook: signed, or a message as a chat takes it, unsigned. */
export const BODY_FORMATS = [...PAYLOAD_FORMATS, ...CHATS] as const;
export type BodyFormat = (typeof BODY_FORMATS)[number];

export function isChat(format: BodyFormat): format is Chat {
  return (CHATS as readonly string[]).includes(format);
}

/** State of a tenant. `paused`: commits are accepted, and nothing is sent. `deleted`: commits are refused. */
export const TENANT_STATES = ["active", "paused", "deleted"] as const;
export type TenantState = (typeof TENANT_STATES)[number];
