import type { Context, MiddlewareHandler } from "hono";
import { limits } from "../../platform/limits.ts";
import type { ApiEnv, ApiTools } from "../context.ts";
import { DoorError, secondsUntil } from "./door-error.ts";
import { isWithin, type Window } from "./door-memory.ts";
import { RequestMeter, wholeUnits } from "./request-meter.ts";

const PERIOD_MS = limits.apiPeriodSeconds * 1000;
const POLICY = `"token";q=${limits.apiRequestsPerPeriod};w=${limits.apiPeriodSeconds}`;

/**
 * Limits each token of a tenant, not the operator's. Both the binding and this isolate's own count decide: the own
 * count can count a costly request several times, the binding cannot. The remainder in the headers is by the own count,
 * so it is an upper bound. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * @throws {DoorError} `rate_limited`
 */
export const rateLimited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { caller, tools } = c.var;
  const binding = tools.rateLimits.API_RATE;
  if (caller.kind === "operator") return next();
  const meter = new RequestMeter(caller.tenantId, tools, (requests) => {
    windowOf(tools, caller.tokenId).count += requests;
  });
  c.set("meter", meter);
  c.set("tools", { ...tools, meter });
  if (!binding) return next();
  const window = windowOf(tools, caller.tokenId);
  window.count++;
  const isAllowed = await isWithin(binding, caller.tokenId);
  c.header("ratelimit-policy", POLICY);
  admit(c, window, isAllowed);
  // A body may arrive slowly: the window at its arrival counts.
  c.set("countAs", (requests) => {
    meter.add(requests);
    admit(c, windowOf(tools, caller.tokenId));
  });
  return next();
};

/**
 * Counts a request several times for the size of its body, as the body arrives, whatever its outcome.
 * @throws {DoorError} `rate_limited`
 */
export function bodyCounter(c: Context<ApiEnv>): (bytes: number) => void {
  const requestsIn = wholeUnits(limits.bytesPerRequest);
  return (more) => {
    const requests = requestsIn(Math.max(more, limits.bytesPerPiece));
    if (requests > 0) c.var.countAs?.(requests);
  };
}

/** Sets the headers of the remainder, and refuses a request beyond it. */
function admit(c: Context<ApiEnv>, { count, endsAt }: Window, isAllowed = true): void {
  const left = limits.apiRequestsPerPeriod - count;
  const resetSeconds = secondsUntil(endsAt, c.var.tools.clock.now());
  c.header("ratelimit", `"token";r=${isAllowed ? Math.max(left, 0) : 0};t=${resetSeconds}`);
  if (isAllowed && left >= 0) return;
  throw new DoorError(
    "rate_limited",
    `This token has made more than ${limits.apiRequestsPerPeriod} requests in ${limits.apiPeriodSeconds} seconds, of which large ones count several times. Wait, and send several small messages in one request.`,
    { retryAfterSeconds: resetSeconds },
  );
}

function windowOf({ doorMemory: { windows }, clock }: ApiTools, tokenId: string): Window {
  const now = clock.now();
  const known = windows.get(tokenId, now);
  const window = known ?? { endsAt: now + PERIOD_MS, count: 0 };
  if (!known) windows.set(tokenId, window, window.endsAt, now);
  return window;
}
