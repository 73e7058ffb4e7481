import { SCOPES, type Scope } from "../../src/domain/scopes.ts";
import { routes } from "./conformity.ts";

/** An operation that takes a token, with a body as the document shows it. */
export interface Guarded {
  method: string;
  path: string;
  access: "operator" | Scope;
  body: unknown;
}

/** Every operation under /v1. */
export const guarded: readonly Guarded[] = routes
  .filter(({ path }) => path.startsWith("/v1"))
  .map(({ method, path, request, security = [] }) => {
    const content = request?.body?.content as Record<string, { example?: unknown }> | undefined;
    const scope = security.flatMap(({ tenant = [] }) => tenant)[0];
    const access = SCOPES.find((one) => one === scope) ?? "operator";
    return { method: method.toUpperCase(), path, access, body: content?.["application/json"]?.example };
  });

/** The path with these ids in it. */
export function fill(path: string, ids: Record<string, string>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ""));
}
