/**
 * Scopes of a tenant's token. `messages:write`: commit messages and e-mails. `read`: read everything of the tenant.
 * `manage`: endpoints, event types and interventions. Scopes do not include one another.
 */
export const SCOPES = ["messages:write", "read", "manage"] as const;
export type Scope = (typeof SCOPES)[number];
