import { Hono } from "hono";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { faultOf } from "../db/database.ts";
import type { CommitTools } from "../outbox/commit.ts";
import { OutboxError } from "../platform/errors.ts";
import { describeError, jsonLog } from "../platform/log.ts";
import type { RefuseUrl } from "../registry/endpoint-input.ts";
import type { EndpointTools } from "../registry/endpoints.ts";
import { authenticate } from "./authenticate.ts";
import { DoorError, problemFor } from "./problem.ts";
import { emailRoutes } from "./routes/emails.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { healthRoute } from "./routes/health.ts";
import { interventionRoutes } from "./routes/interventions.ts";
import { messageRoutes } from "./routes/messages.ts";
import { tenantRoutes } from "./routes/tenants.ts";

/** What the routes hand on to the rooms behind them. */
export type ApiTools = CommitTools &
  EndpointTools & { refuseUrl: RefuseUrl; operatorToken: string | undefined };

export interface ApiEnv<Env extends object = object> {
  Bindings: Env;
  Variables: { tools: ApiTools; requestId: string };
}

/** The door. Everything under /v1 takes the operator's token. */
export function createApi<Env extends object>(toolsFor: (env: Env, ctx: ExecutionContext) => ApiTools) {
  const app = new Hono<ApiEnv<Env>>();
  app.use(requestId());
  app.use(async (c, next) => {
    c.set("tools", toolsFor(c.env, c.executionCtx as ExecutionContext));
    const startedAt = c.var.tools.clock.now();
    await next();
    logRequest(c.var.tools, {
      requestId: c.var.requestId,
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ...(c.error && !isExpected(c.error) && { error: describeError(c.error) }),
      durationMs: c.var.tools.clock.now() - startedAt,
    });
  });
  app.use("/v1/*", async (c, next) => {
    await authenticate(c, c.var.tools.operatorToken);
    await next();
  });
  app.route("/", healthRoute);
  app.route("/v1/tenants", tenantRoutes);
  app.route("/v1/tenants/:tenant/endpoints", endpointRoutes);
  app.route("/v1/tenants/:tenant/messages", messageRoutes);
  app.route("/v1/tenants/:tenant/emails", emailRoutes);
  app.route("/v1/tenants/:tenant", interventionRoutes);
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

function logRequest(tools: ApiTools, fields: Record<string, unknown>) {
  tools.log("http.request", fields);
}

function isExpected(error: unknown): boolean {
  return error instanceof DoorError || (error instanceof OutboxError && faultOf(error) === "rejected");
}
