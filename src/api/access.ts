import type { MiddlewareHandler } from "hono";
import type { Scope } from "../domain/scopes.ts";
import { OutboxError } from "../platform/errors.ts";
import { requireLiveToken } from "../registry/tokens.ts";
import type { ApiEnv } from "./app.ts";
import { DoorError } from "./problem.ts";

/** Who may call: the operator alone, or also a token of the tenant with this scope. */
export type Access = "operator" | Scope;

/**
 * Lets the operator pass, and a tenant's token within its tenant and its scopes. For another tenant's path it is as if
 * there was none; a path of no tenant is the operator's. Whether the token was revoked is looked up, but for commits, which find out in their own batch.
 * @throws {DoorError} `forbidden` @throws {OutboxError} `tenant_not_found`, `token_revoked`
 */
export function allow(access: Access): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { caller, tools } = c.var;
    if (caller.kind === "operator") return next();
    const tenantId = c.req.param("tenant") ?? caller.tenantId;
    if (tenantId !== caller.tenantId) throw new OutboxError({ code: "tenant_not_found", tenantId });
    if (access === "operator") throw new DoorError("forbidden", "Only the operator's token may do this.");
    if (!caller.scopes.includes(access)) {
      throw new DoorError("forbidden", `This token has no scope "${access}". Ask for one that has.`);
    }
    if (access !== "messages:write") await requireLiveToken(tools.db, caller);
    return next();
  };
}
