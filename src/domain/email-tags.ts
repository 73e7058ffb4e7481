/** Names under which a provider is given the ids of a message, and names them in what it tells of the e-mail later. */
export const MESSAGE_TAG = "outbox-message";
export const TENANT_TAG = "outbox-tenant";
