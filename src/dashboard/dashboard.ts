/** The dashboard and the tenant portal, beside the API: an app that does not import them does not bundle them. */

import type { Dashboard } from "../api/dashboard.ts";
import type { OutboxEnv } from "../outbox-env.ts";
import { ConfigError } from "../platform/errors.ts";
import type { Authorize } from "./authorize.ts";
import { dashboardRoutes, inspector } from "./routes.ts";

export type { Dashboard } from "../api/dashboard.ts";
export { type AccessOptions, accessAuth } from "./access-auth.ts";
export type { Authorize, AuthorizedOperator, AuthorizedTenant } from "./authorize.ts";

/** Options of the dashboard. */
export interface DashboardOptions<Env extends object = OutboxEnv> {
  /**
   * Sign-in of your app, in place of the operator's token and beside the portal's links: it is asked for each token of
   * minutes. Defaults to the operator's token.
   */
  authorize?: Authorize<Env>;
  /** Address of your app's sign-in, to which a page goes when `authorize` answers null. Defaults to none. */
  signInUrl?: string;
}

/**
 * Creates the dashboard under `/ui` and the tenant portal under `/portal`, for `createApi`. Both are clients of the API:
 * whatever they do, a script can do.
 *
 * @throws {ConfigError} for an unknown option, or for a `signInUrl` without `authorize`
 *
 * @example
 * const byToken = createApi(outbox, { dashboard: dashboard() });
 *
 * // By the app's own sign-in, here a header that a proxy sets.
 * const authorize: Authorize<OutboxEnv> = (request) => {
 *   const name = request.headers.get("x-user");
 *   return name === null ? null : { role: "read", name };
 * };
 * const byApp = createApi(outbox, { dashboard: dashboard({ authorize, signInUrl: "/login" }) });
 */
export function dashboard<Env extends object = OutboxEnv>(options: DashboardOptions<Env> = {}): Dashboard {
  refuseUnknown(options);
  const { authorize, signInUrl } = options;
  if (signInUrl !== undefined && !authorize) {
    throw new ConfigError(
      'dashboard has a "signInUrl", but no "authorize", without which nobody is sent there.',
    );
  }
  return {
    routes: () => dashboardRoutes(authorize && { authorize, signInUrl }),
    mailbox: inspector?.mailbox,
  };
}

/** Refuses a misspelt option, without which everybody would be let in by the wrong door. */
function refuseUnknown(options: object): void {
  const unknown = Object.keys(options).find((name) => name !== "authorize" && name !== "signInUrl");
  if (unknown === undefined) return;
  throw new ConfigError(`dashboard has no "${unknown}", but has authorize, signInUrl.`);
}
