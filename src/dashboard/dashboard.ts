/** The dashboard and the tenant portal, beside the API: an app that does not import them does not bundle them. */

import type { Dashboard } from "../api/dashboard.ts";
import { dashboardRoutes } from "./routes.ts";

export type { Dashboard } from "../api/dashboard.ts";

/**
 * Creates the dashboard under `/ui` and the tenant portal under `/portal`, for `createApi`. Both are clients of the API:
 * whatever they do, a script can do.
 *
 * @example
 * const api = createApi(outbox, { dashboard: dashboard() });
 */
export function dashboard(): Dashboard {
  return { routes: dashboardRoutes };
}
