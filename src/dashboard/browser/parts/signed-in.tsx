import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { SURFACE } from "../base.ts";
import { linkTo } from "../router.ts";
import { mayOf, type Session } from "../session.ts";
import { w } from "../words/words.ts";

const SignedIn = createContext<Session>({ name: "" });
export const SignedInAs = SignedIn.Provider;

/** Whoever is signed in. */
export function useSession(): Session {
  return useContext(SignedIn);
}

/** Reason why the session may not do what needs this scope; undefined if it may. */
export function useRefusal(scope: "read" | "manage" | "messages:write" = "manage"): string | undefined {
  return mayOf(useSession(), scope) ? undefined : w.common.lacks(scope);
}

/** Reason why the session may not do what only an operator of the role "admin" may; undefined if it may. */
export function useAdminRefusal(): string | undefined {
  return useSession().role === "admin" ? undefined : w.common.lacks("admin");
}

/** Address of a page of a tenant: in the portal, which has one tenant, without its id. */
export function tenantLink(
  tenant: string,
  segments: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  return linkTo(SURFACE === "ui" ? ["t", tenant, ...segments] : segments, query);
}

/** Address of a message's page. */
export function messageLink(tenant: string, message: string): string {
  return tenantLink(tenant, ["m", message]);
}

/** Address of an endpoint's page. */
export function endpointLink(tenant: string, endpoint: string): string {
  return tenantLink(tenant, ["e", endpoint]);
}
