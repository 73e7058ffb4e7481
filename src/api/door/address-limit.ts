import type { Context, MiddlewareHandler } from "hono";
import ipaddr from "ipaddr.js";
import { limits } from "../../platform/limits.ts";
import type { ApiEnv } from "../context.ts";
import { DoorError } from "./door-error.ts";
import { isWithin } from "./door-memory.ts";

type ApiContext = Context<ApiEnv>;

/**
 * Limits the answers 401 to an address. Beyond the limit its guesses are no longer compared. Valid tokens of tenants
 * still pass: others may share their address.
 * @throws {DoorError} `rate_limited`
 */
export const guessesLimited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  if (c.res.status !== 401) return;
  if (await isAllowed(c)) return;
  c.res.headers.delete("www-authenticate");
  throw tooMany();
};

/**
 * Limits the requests of an address that need no token.
 * @throws {DoorError} `rate_limited`
 */
export const anonymousLimited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.var.caller || (!isHeld(c) && (await isAllowed(c)))) return next();
  throw tooMany();
};

/**
 * Refuses credentials, before they are compared, from an address that has been refused too often.
 * @throws {DoorError} `rate_limited`
 */
export function refuseHeld(c: ApiContext): void {
  if (isHeld(c)) throw tooMany();
}

function isHeld(c: ApiContext): boolean {
  const { doorMemory, clock } = c.var.tools;
  const address = addressOf(c.req.raw.headers);
  return address !== undefined && doorMemory.held.get(address, clock.now()) === true;
}

async function isAllowed(c: ApiContext): Promise<boolean> {
  const { rateLimits, doorMemory, clock, log } = c.var.tools;
  const address = addressOf(c.req.raw.headers);
  if (address === undefined || !rateLimits.ADDRESS_RATE) return true;
  if (await isWithin(rateLimits.ADDRESS_RATE, address)) return true;
  const now = clock.now();
  if (!doorMemory.held.get(address, now)) log("address.held", { address });
  doorMemory.held.set(address, true, now + limits.apiPeriodSeconds * 1000, now);
  return false;
}

/** Undefined outside of Cloudflare. The owner of an IPv6 network has all of its addresses, so the network counts. */
export function addressOf(headers: Headers): string | undefined {
  const given = headers.get("cf-connecting-ip");
  if (given === null || !ipaddr.isValid(given)) return undefined;
  const address = ipaddr.process(given);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(":")}::/64`;
}

function tooMany(): DoorError {
  return new DoorError(
    "rate_limited",
    `More than ${limits.addressRequestsPerPeriod} requests from this address in ${limits.apiPeriodSeconds} seconds had no valid token. Wait, and send the header "authorization: Bearer <token>".`,
    { retryAfterSeconds: limits.apiPeriodSeconds },
  );
}
