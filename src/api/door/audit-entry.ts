import type { Context } from "hono";
import type { AuditEntry, AuditSubject, Doer } from "../../domain/audit.ts";
import { newAuditId } from "../../domain/ids.ts";
import type { ApiEnv } from "../context.ts";
import type { Caller } from "./caller.ts";

const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/;

/** The client's IP address, as Cloudflare names it; null elsewhere. */
export function addressOf(c: Context): string | null {
  const address = c.req.header("cf-connecting-ip") ?? "";
  return ADDRESS.test(address) ? address : null;
}

/** Ids in the path, except the tenant's. */
function subjectOf(c: Context): AuditSubject {
  const { tenant: _, ...subject } = c.req.param();
  return subject;
}

/** Forms of generated ids. A path segment of any other form may be anything, even a secret. */
const FORMS: Record<string, RegExp> = {
  endpoint: /^ep_[\w.-]{1,128}$/,
  message: /^msg_\w{1,64}$/,
  token: /^tok_\w{1,64}$/,
};
/** Statuses of requests whose path names existing things. */
const isThere = (status: number) => status < 400 || status === 409 || status === 412;

/** The ids in a path, for the log. A freely chosen id is logged only if the answer shows that it exists. */
export function idFields(params: Record<string, string>, status: number): Record<string, string> {
  const known = Object.entries(params).filter(([name, id]) => FORMS[name]?.test(id) ?? isThere(status));
  return Object.fromEntries(known);
}

/** Names the caller in a log; of a token, only its id. */
export function callerFields(caller: Caller): Record<string, unknown> {
  return caller.kind === "operator"
    ? { caller: "operator", callerId: caller.name, role: caller.role }
    : { caller: "token", callerId: caller.tokenId, tenant: caller.tenantId };
}

/** Audit entry of this request, should it write. `by`: somebody else than its caller. */
export function auditEntry(
  c: Context<ApiEnv>,
  operation: string,
  by: Doer = doerOf(c.var.caller),
): AuditEntry {
  const { tools, requestId } = c.var;
  return {
    id: newAuditId(tools.random),
    operation,
    ...by,
    subject: subjectOf(c),
    address: addressOf(c),
    requestId,
  };
}

function doerOf(caller: Caller): Doer {
  return caller.kind === "operator"
    ? { caller: "operator", callerId: caller.name, role: caller.role }
    : { caller: "token", callerId: caller.tokenId, role: null };
}
