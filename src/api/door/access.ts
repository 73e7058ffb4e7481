import type { MiddlewareHandler } from "hono";
import type { Scope } from "../../domain/scopes.ts";
import { OutboxError } from "../../platform/errors.ts";
import { includesRole, type Role } from "../../platform/roles.ts";
import { requireLiveToken } from "../../registry/tokens.ts";
import type { Claims } from "../../registry/verify-token.ts";
import type { ApiEnv, ApiTools } from "../context.ts";
import { auditEntry } from "./audit-entry.ts";
import { DoorError } from "./door-error.ts";
import { noteUse } from "./token-use.ts";

/** Callers of an operation: `operator` alone, or also a token of the tenant with this scope. */
export type Access = "operator" | Scope;

/** The parts of an operation that decide its callers, and its audit. */
interface Guarded {
  operationId: string;
  method: string;
  access: Access;
  role?: Role;
}

/**
 * The operator's role that an operation needs, unless it names one: `read`; `manage`, for changes that tenants may make
 * too; `admin`, for all others.
 */
export function roleFor({ method, access, role }: Omit<Guarded, "operationId">): Role {
  if (role) return role;
  if (method === "get") return "read";
  return access === "operator" ? "admin" : "manage";
}

/**
 * Lets the operator's tokens pass by their role, and a tenant's within its tenant and its scopes. Another tenant's path
 * is answered as if there were no such tenant; a path without a tenant is the operator's. A revoked token is looked up
 * here, except for commits, which find out in their own batch. The tools of a write get an audit entry for its batch.
 * @throws {DoorError} `forbidden` @throws {OutboxError} `tenant_not_found`, `token_revoked`
 */
export function allow(guarded: Guarded): MiddlewareHandler<ApiEnv> {
  const { operationId, method, access } = guarded;
  const role = roleFor(guarded);
  return async (c, next) => {
    const { caller, tools } = c.var;
    c.set("params", c.req.param());
    if (caller.kind === "operator") requireRole(caller.role, role);
    else await requireScope(tools, caller, c.req.param("tenant"), access);
    if (method !== "get") c.set("tools", { ...tools, audit: auditEntry(c, operationId) });
    return next();
  };
}

function requireRole(has: Role, needed: Role): void {
  if (includesRole(has, needed)) return;
  throw new DoorError(
    "forbidden",
    `This token has the role "${has}". Use a token with the role "${needed}".`,
  );
}

async function requireScope(
  tools: ApiTools,
  claims: Claims,
  tenantId: string = claims.tenantId,
  access: Access,
): Promise<void> {
  if (tenantId !== claims.tenantId) throw new OutboxError({ code: "tenant_not_found", tenantId });
  if (access === "operator")
    throw new DoorError(
      "forbidden",
      "Only an operator's token may do this. Use one instead of a tenant's token.",
    );
  if (!claims.scopes.includes(access)) {
    throw new DoorError(
      "forbidden",
      `This token lacks the scope "${access}". Ask the operator for a token with it.`,
    );
  }
  if (access !== "messages:write") await requireLiveToken(tools.db, claims);
  noteUse(tools, claims);
}
