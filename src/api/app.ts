import { type Context, Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { faultOf } from "../db/database.ts";
import { TENANT_ID } from "../domain/ids.ts";
import { OutboxError } from "../platform/errors.ts";
import { describeError, jsonLog } from "../platform/log.ts";
import { anonymousLimited, guessesLimited } from "./address-limit.ts";
import { addressOf, callerFields, idFields } from "./audit-entry.ts";
import { authenticated } from "./authenticate.ts";
import { boundedRequest } from "./bounds.ts";
import type { ApiEnv, ApiTools } from "./context.ts";
import { crossOrigin } from "./cross-origin.ts";
import { DoorError, problemFor } from "./problem.ts";
import { rateLimited } from "./rate-limit.ts";
import { refuseWebhooks } from "./refuse-webhooks.ts";
import { router } from "./router.ts";
import { auditRoutes } from "./routes/audit.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { documentRoutes } from "./routes/document.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { eventTypeRoutes } from "./routes/event-types.ts";
import { healthRoute } from "./routes/health.ts";
import { interventionRoutes } from "./routes/interventions.ts";
import { messageRoutes } from "./routes/messages.ts";
import { tenantRoutes } from "./routes/tenants.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { safeHeaders } from "./safe-headers.ts";

/** Every operation of the API. */
export const operations = router()
  .route("/", tenantRoutes)
  .route("/", tokenRoutes)
  .route("/", eventTypeRoutes)
  .route("/", endpointRoutes)
  .route("/", messageRoutes)
  .route("/", deliveryRoutes)
  .route("/", interventionRoutes)
  .route("/", auditRoutes)
  .route("/", healthRoute);

/** What a typed client is made of: `hc<Api>(…)`. */
export type Api = typeof operations;

/** What changes nothing need not go on without its client. */
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/** The door. Everything under /v1 takes a token. */
export function createApi<Env extends object>(toolsFor: (env: Env, calledAt: string) => ApiTools) {
  const app = new Hono<ApiEnv<Env>>();
  app.use(requestId());
  app.use(async (c, next) => {
    // The host by which this API is called is one of ours.
    const tools = toolsFor(c.env, new URL(c.req.url).hostname);
    c.set("tools", {
      ...tools,
      log: (event, fields) => tools.log(event, { requestId: c.var.requestId, ...fields }),
    });
    const startedAt = tools.clock.now();
    const carriedOut = next();
    await (READING.has(c.req.method) ? carriedOut : tools.seeThrough(carriedOut));
    wakeIfUnanswered(c);
    c.var.tools.log("http.request", {
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ...askedBy(c),
      ...(c.error && !isExpected(c.error) && { error: describeError(c.error) }),
      durationMs: tools.clock.now() - startedAt,
    });
  });
  app.use(safeHeaders);
  app.use(crossOrigin);
  app.use(boundedRequest);
  app.use("/v1/*", refuseWebhooks);
  app.use("/v1/*", guessesLimited, authenticated, rateLimited);
  app.use(anonymousLimited);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
  app.route("/", operations);
  app.route("/", documentRoutes(operations));
  app.notFound((c) =>
    problemFor(new DoorError("route_not_found", `There is no ${c.req.method} ${c.req.path}.`), c),
  );
  app.onError((error, c) => {
    // A setting that is wrong: there are no tools yet, and nothing else would tell of it.
    if (!c.var.tools) jsonLog("http.request", { requestId: c.var.requestId, error: describeError(error) });
    return problemFor(error, c);
  });
  return app;
}

/** Who asks, from where, and for what. */
function askedBy<Env extends object>(c: Context<ApiEnv<Env>>): Record<string, unknown> {
  const { caller, params = {} } = c.var;
  const address = addressOf(c);
  return {
    ...(caller && callerFields(caller)),
    ...(address && { address }),
    ...idFields(params, c.res.status),
  };
}

/** What was not answered may have been carried out, and have made something due. Only for who was let in. */
function wakeIfUnanswered<Env extends object>({ req, error, var: vars }: Context<ApiEnv<Env>>): void {
  const { tools, caller } = vars;
  if (READING.has(req.method) || !caller || !error || isExpected(error) || faultOf(error) !== "ambiguous")
    return;
  const [, tenantId = ""] = /^\/v1\/tenants\/([^/]+)/.exec(req.path) ?? [];
  if (TENANT_ID.test(tenantId)) tools.wake(tenantId, tools.clock.now());
}

function refuseMethod(c: Context, methods: string[]): Response {
  c.header("allow", methods.join(", "));
  const detail = `${c.req.path} takes ${methods.join(", ")}, and not ${c.req.method}.`;
  return problemFor(new DoorError("method_not_allowed", detail), c);
}

/** What the caller is told is not logged: it has his own words in it. Only what D1 has to do with it is. */
function isExpected(error: unknown): boolean {
  return error instanceof DoorError || (error instanceof OutboxError && faultOf(error.cause) === "rejected");
}
