import { SCOPES, type Scope } from "../../../src/domain/scopes.ts";
import { ROLES, type Role } from "../../../src/platform/roles.ts";
import { routes } from "./conformity.ts";

/** An operation that takes a token, with a body as the document shows it. */
export interface Guarded {
  method: string;
  path: string;
  operationId: string;
  access: "operator" | Scope;
  /** The operator's role that it needs. */
  role: Role;
  body: unknown;
}

/** Queries of operations that need one. */
const QUERIES: Record<string, string> = {
  liftSuppression: "?address=ada@example.com",
  removeUnsubscribe: "?address=ada@example.com&topic=newsletter",
  revokeSession: "?sessionId=3f9c",
  listBlockedDeliveries: "?endpointId=ep_email&orderingKey=k",
};

/** Every operation that takes a token. */
export const guarded: readonly Guarded[] = routes
  .filter(({ security = [] }) => security.length > 0)
  .map(({ method, path, operationId = "", request, security = [] }) => {
    const content = request?.body?.content as Record<string, { example?: unknown }> | undefined;
    const scope = security.flatMap(({ tenant = [] }) => tenant)[0];
    const access = SCOPES.find((one) => one === scope) ?? "operator";
    const needed = security.flatMap(({ operator = [] }) => operator)[0];
    const role = ROLES.find((one) => one === needed) ?? "admin";
    const body = content?.["application/json"]?.example;
    const query = QUERIES[operationId] ?? "";
    return { method: method.toUpperCase(), path: `${path}${query}`, operationId, access, role, body };
  });

/** The path with these ids in it. */
export function fill(path: string, ids: Record<string, string>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ""));
}
