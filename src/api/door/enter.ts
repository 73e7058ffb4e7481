import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { faultOf } from "../../db/database.ts";
import { OutboxError } from "../../platform/errors.ts";
import { describeError } from "../../platform/log.ts";
import { TENANT_ID } from "../../platform/tenant-id.ts";
import type { ApiEnv, ApiTools } from "../context.ts";
import { addressOf, callerFields, idFields } from "./audit-entry.ts";
import { DoorError } from "./door-error.ts";

/** Makes the tools of a request. `calledAt`: the host by which the API is called, one of the outbox's own. */
export type ToolsFor<Env extends object> = (env: Env, calledAt: string) => ApiTools;

/** Methods that change nothing, whose work may stop when the client hangs up. */
const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/** Lets a request in with its tools, sees a write through when its client hangs up, and tells of it in one event of the log. */
export function entered<Env extends object>(toolsFor: ToolsFor<Env>): MiddlewareHandler<ApiEnv<Env>> {
  return async (c, next) => {
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
      route: routeOf(c),
      status: c.res.status,
      ...askedBy(c),
      ...(c.error && !isExpected(c.error) && { error: describeError(c.error) }),
      durationMs: tools.clock.now() - startedAt,
    });
  };
}

/** Pattern of the route, behind which the middleware of all paths may stand. */
function routeOf<Env extends object>(c: Context<ApiEnv<Env>>): string {
  return matchedRoutes(c).findLast(({ path }) => path !== "/*")?.path ?? "/*";
}

/** Fields of the log: the caller, its address, and the ids in the path. */
function askedBy<Env extends object>(c: Context<ApiEnv<Env>>): Record<string, unknown> {
  const { caller, params = {} } = c.var;
  const address = addressOf(c);
  return {
    ...(caller && callerFields(caller)),
    ...(address && { address }),
    ...idFields(params, c.res.status),
  };
}

/**
 * Wakes the tenant's relay after a write that D1 did not answer, as deliveries may be due. Only for an admitted
 * caller.
 */
function wakeIfUnanswered<Env extends object>({ req, error, var: vars }: Context<ApiEnv<Env>>): void {
  const { tools, caller } = vars;
  if (READING.has(req.method) || !caller || !error || isExpected(error) || faultOf(error) !== "ambiguous")
    return;
  const [, tenantId = ""] = /^\/v1\/tenants\/([^/]+)/.exec(req.path) ?? [];
  if (TENANT_ID.test(tenantId)) tools.wake(tenantId, tools.clock.now());
}

/** A refusal is not logged, because it quotes the caller. An error of D1 behind it is logged. */
function isExpected(error: unknown): boolean {
  return error instanceof DoorError || (error instanceof OutboxError && faultOf(error.cause) === "rejected");
}
