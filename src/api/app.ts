import { type Context, Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { describeError } from "../platform/log.ts";
import { defaultLog } from "../platform/log-lines.ts";
import { answerUnsubscribe } from "../unsubscribe/answer.ts";
import { auditRoutes } from "./audit/routes.ts";
import type { ApiEnv } from "./context.ts";
import type { Dashboard } from "./dashboard.ts";
import { deliveryRoutes } from "./deliveries/routes.ts";
import { deploymentRoutes } from "./deployment/routes.ts";
import { documentRoutes } from "./document/routes.ts";
import { anonymousLimited, guessesLimited } from "./door/address-limit.ts";
import { authenticated } from "./door/authenticate.ts";
import { boundedRequest } from "./door/bounds.ts";
import { crossOrigin } from "./door/cross-origin.ts";
import { DoorError } from "./door/door-error.ts";
import { entered, type ToolsFor } from "./door/enter.ts";
import { problemFor } from "./door/problem.ts";
import { rateLimited } from "./door/rate-limit.ts";
import { refuseWebhooks } from "./door/refuse-webhooks.ts";
import { safeHeaders } from "./door/safe-headers.ts";
import { emailEventRoutes } from "./email-events/routes.ts";
import { endpointRoutes } from "./endpoints/routes.ts";
import { eventTypeRoutes } from "./event-types/routes.ts";
import { failureRoutes } from "./failures/routes.ts";
import { healthRoute } from "./health/routes.ts";
import { interventionRoutes } from "./interventions/routes.ts";
import { messageRoutes } from "./messages/routes.ts";
import { metricsRoute } from "./metrics/routes.ts";
import { portalLinkRoutes } from "./portal-links/routes.ts";
import { router } from "./router.ts";
import { statsRoutes } from "./stats/routes.ts";
import { suppressionRoutes } from "./suppressions/routes.ts";
import { tenantRoutes } from "./tenants/routes.ts";
import { tokenRoutes } from "./tokens/routes.ts";
import { unsubscribeRoutes } from "./unsubscribes/routes.ts";

/** Every operation of the API. */
export const operations = router()
  .route("/", tenantRoutes)
  .route("/", tokenRoutes)
  .route("/", portalLinkRoutes)
  .route("/", eventTypeRoutes)
  .route("/", endpointRoutes)
  .route("/", messageRoutes)
  .route("/", deliveryRoutes)
  .route("/", suppressionRoutes)
  .route("/", unsubscribeRoutes)
  .route("/", emailEventRoutes)
  .route("/", failureRoutes)
  .route("/", statsRoutes)
  .route("/", interventionRoutes)
  .route("/", auditRoutes)
  .route("/", deploymentRoutes)
  .route("/", metricsRoute)
  .route("/", healthRoute);

/** Type from which a typed client is made: `hc<Api>(…)`. */
export type Api = typeof operations;

/** Paths that take a token. */
const GUARDED = ["/v1/*", "/metrics"];

/** The door. */
export function createApp<Env extends object>(toolsFor: ToolsFor<Env>, dashboard?: Dashboard) {
  const app = new Hono<ApiEnv<Env>>();
  app.use(requestId());
  app.use(entered(toolsFor));
  app.use(safeHeaders);
  app.use(crossOrigin);
  app.use(boundedRequest);
  // Others sign what they send; a password is guessed.
  app.use("/v1/email-events/postmark", guessesLimited);
  app.route("/", emailEventRoutes);
  // Not limited by address: mail programs of many ask from a few.
  app.all("/u/:token", (c) => answerUnsubscribe(c.var.tools.unsubscribe, c.req.raw));
  for (const path of GUARDED) app.use(path, refuseWebhooks, guessesLimited, authenticated, rateLimited);
  if (dashboard) app.route("/", dashboard.routes());
  app.use(anonymousLimited);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  app.route("/", operations);
  app.route("/", documentRoutes(operations));
  app.notFound((c) =>
    problemFor(
      new DoorError(
        "route_not_found",
        `There is no ${c.req.method} ${c.req.path}. GET /docs lists the operations.`,
      ),
      c,
    ),
  );
  app.onError((error, c) => {
    // A wrong setting leaves no tools, so nothing else would log it.
    if (!c.var.tools) defaultLog("http.request", { requestId: c.var.requestId, error: describeError(error) });
    return problemFor(error, c);
  });
  return app;
}

function refuseMethod(c: Context, methods: string[]): Response {
  c.header("allow", methods.join(", "));
  const detail = `${c.req.path} takes ${methods.join(", ")}, but not ${c.req.method}.`;
  return problemFor(new DoorError("method_not_allowed", detail), c);
}
