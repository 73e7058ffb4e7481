import type { MiddlewareHandler } from "hono";
import { limits } from "../platform/limits.ts";
import type { ApiEnv } from "./app.ts";
import { DoorError } from "./problem.ts";

/** Cloudflare's rate limit: counts for its location, and says no more than yes or no. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** How many requests of each tenant this isolate has seen in the running window. */
export type Windows = Map<string, { endsAt: number; count: number }>;

const PERIOD_MS = limits.apiPeriodSeconds * 1000;
const POLICY = `"tenant";q=${limits.apiRequestsPerPeriod};w=${limits.apiPeriodSeconds}`;

/**
 * Brakes a tenant's tokens, not the operator's. The binding decides. What is left is what this isolate has counted, hence
 * at most that. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * @throws {DoorError} `rate_limited`
 */
export const rateLimited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { caller, tools } = c.var;
  if (caller.kind === "operator" || !tools.rateLimit) return next();
  const { binding, windows } = tools.rateLimit;
  const { remaining, resetSeconds } = count(windows, caller.tenantId, tools.clock.now());
  const { success } = await binding.limit({ key: caller.tenantId });
  c.header("ratelimit-policy", POLICY);
  c.header("ratelimit", `"tenant";r=${success ? remaining : 0};t=${resetSeconds}`);
  if (success) return next();
  c.header("retry-after", String(resetSeconds));
  throw new DoorError(
    "rate_limited",
    `This tenant has made more than ${limits.apiRequestsPerPeriod} requests in ${limits.apiPeriodSeconds} seconds. Wait, and send several messages in one request.`,
  );
};

function count(windows: Windows, tenantId: string, now: number) {
  const known = windows.get(tenantId);
  const window = known && known.endsAt > now ? known : { endsAt: now + PERIOD_MS, count: 0 };
  window.count++;
  if (window !== known) remember(windows, tenantId, window, now);
  return {
    remaining: Math.max(limits.apiRequestsPerPeriod - window.count, 0),
    resetSeconds: Math.ceil((window.endsAt - now) / 1000),
  };
}

/** Windows that have ended are forgotten before there are too many. */
function remember(
  windows: Windows,
  tenantId: string,
  window: { endsAt: number; count: number },
  now: number,
) {
  if (windows.size >= limits.rateLimitWindows) {
    for (const [id, { endsAt }] of windows) if (endsAt <= now) windows.delete(id);
  }
  if (windows.size >= limits.rateLimitWindows) windows.clear();
  windows.set(tenantId, window);
}
