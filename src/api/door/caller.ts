import type { OperatorToken } from "../../platform/operator-tokens.ts";
import type { Claims } from "../../registry/verify-token.ts";

/**
 * Caller of a request, by its token. A tenant's token may have been revoked meanwhile: its signature does not tell.
 */
export type Caller = ({ kind: "operator" } & Pick<OperatorToken, "name" | "role">) | TenantCaller;
type TenantCaller = { kind: "tenant" } & Claims;
