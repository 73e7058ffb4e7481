import type { ApiTools } from "../../../src/api/context.ts";
import { type DashboardOptions, dashboard } from "../../../src/dashboard/dashboard.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { readOperatorTokens } from "../../../src/platform/operator-tokens.ts";
import { keyRingOf } from "../secrets/key-ring.ts";
import { apiWith } from "./own-api.ts";
import { Visitor } from "./visitor.ts";

/** Operator tokens of the roles `manage` and `read`. */
export const ADA = "ada-has-a-token-of-some-length";
export const BEN = "ben-has-a-token-of-some-length";

export interface Deployment {
  time: { now: number };
  send: ReturnType<typeof apiWith>;
  visitor(mount?: string): Visitor;
}

/** A deployment with these tools and options, whose clock stands until it is moved. */
export function deploy(tools: Partial<ApiTools> = {}, options: DashboardOptions = {}): Deployment {
  const time = { now: Date.now() };
  const clock = { ...systemClock, now: () => time.now };
  const operatorTokens = readOperatorTokens(`ada:manage:${ADA},ben:read:${BEN}`);
  const pages = dashboard(options);
  const send = apiWith({ clock, operatorTokens, keyRing: keyRingOf("k1"), ...tools }, pages);
  return { time, send, visitor: (mount?: string) => new Visitor(send, mount) };
}
