import type { Context } from "hono";
import type { AuditEntry, AuditSubject } from "../domain/audit.ts";
import { newAuditId, TENANT_ID } from "../domain/ids.ts";
import type { ApiEnv } from "./app.ts";
import type { Caller } from "./authenticate.ts";

const ADDRESS = /^[0-9A-Fa-f.:]{2,45}$/;

/** The client's IP address, as Cloudflare says it; null elsewhere. */
export function addressOf(c: Context): string | null {
  const address = c.req.header("cf-connecting-ip") ?? "";
  return ADDRESS.test(address) ? address : null;
}

/** Ids in the path, but for the tenant's. */
export function subjectOf(c: Context): AuditSubject {
  const { tenant: _, ...subject } = c.req.param();
  return subject;
}

/** The forms of ids. What stands in a path and has another may be anything, a secret too. */
const FORMS: Record<string, RegExp> = {
  tenant: TENANT_ID,
  endpoint: /^ep_[\w.-]{1,128}$/,
  message: /^msg_\w{1,64}$/,
  token: /^tok_\w{1,64}$/,
  eventType: /^(?=.{1,128}$)[\w-]+(\.[\w-]+)*$/,
};

/** The ids in a path, as a log has them. */
export function idFields(params: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name, id]) => FORMS[name]?.test(id)));
}

/** Says in a log who calls; nothing of a token but its id. */
export function callerFields(caller: Caller): Record<string, unknown> {
  return caller.kind === "operator"
    ? { caller: "operator", callerId: caller.name, role: caller.role }
    : { caller: "token", callerId: caller.tokenId };
}

/** What the audit says of this request, should it write. */
export function auditEntry(c: Context<ApiEnv>, operation: string): AuditEntry {
  const { caller, tools, requestId } = c.var;
  return {
    id: newAuditId(tools.random),
    operation,
    caller: caller.kind === "operator" ? "operator" : "token",
    callerId: caller.kind === "operator" ? caller.name : caller.tokenId,
    role: caller.kind === "operator" ? caller.role : null,
    subject: subjectOf(c),
    address: addressOf(c),
    requestId,
  };
}
