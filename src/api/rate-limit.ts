import type { MiddlewareHandler } from "hono";
import { limits } from "../platform/limits.ts";
import type { ApiEnv } from "./app.ts";
import { type DoorMemory, isWithin } from "./door-memory.ts";
import { DoorError } from "./problem.ts";

const PERIOD_MS = limits.apiPeriodSeconds * 1000;
const POLICY = `"token";q=${limits.apiRequestsPerPeriod};w=${limits.apiPeriodSeconds}`;

/**
 * Limits each token of a tenant, not the operator's. The binding decides. What is left is what this isolate has counted,
 * hence at most that. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * @throws {DoorError} `rate_limited`
 */
export const rateLimited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { caller, tools } = c.var;
  const binding = tools.rateLimits.API_RATE;
  if (caller.kind === "operator" || !binding) return next();
  const { remaining, resetSeconds } = count(tools.doorMemory, caller.tokenId, tools.clock.now());
  const isAllowed = await isWithin(binding, caller.tokenId);
  c.header("ratelimit-policy", POLICY);
  c.header("ratelimit", `"token";r=${isAllowed ? remaining : 0};t=${resetSeconds}`);
  if (isAllowed) return next();
  throw new DoorError(
    "rate_limited",
    `This token has made more than ${limits.apiRequestsPerPeriod} requests in ${limits.apiPeriodSeconds} seconds. Wait, and send several messages in one request.`,
    resetSeconds,
  );
};

function count({ windows }: DoorMemory, tokenId: string, now: number) {
  const known = windows.get(tokenId, now);
  const window = known ?? { endsAt: now + PERIOD_MS, count: 0 };
  window.count++;
  if (!known) windows.set(tokenId, window, window.endsAt, now);
  return {
    remaining: Math.max(limits.apiRequestsPerPeriod - window.count, 0),
    resetSeconds: Math.ceil((window.endsAt - now) / 1000),
  };
}
