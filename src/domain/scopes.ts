/**
 * What a tenant's token may do. `messages:write`: commit messages and e-mails. `read`: look at everything of the
 * tenant. `manage`: endpoints, event types and interventions. None includes another.
 */
export const SCOPES = ["messages:write", "read", "manage"] as const;
export type Scope = (typeof SCOPES)[number];
