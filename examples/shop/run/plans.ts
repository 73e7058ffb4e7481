import { join } from "node:path";
import { ensureSecretKeys } from "../../../src/cli/secret-keys.ts";
import type { WorkerPlan } from "./dev-worker.ts";

/** Wider apart than a crash needs, and close enough to watch. On Cloudflare it is a minute. */
const CRON_EVERY_MS = 5_000;

export interface ShopPlan {
  port: number;
  data: string;
  paymentsUrl: string;
  operatorToken: string;
  vars?: Record<string, string>;
  cronEveryMs?: number;
}

export function planShop({
  port,
  data,
  paymentsUrl,
  operatorToken,
  vars,
  cronEveryMs,
}: ShopPlan): WorkerPlan {
  const folder = join(data, "shop");
  const secrets = { OPERATOR_TOKEN: operatorToken, SECRET_KEYS: ensureSecretKeys(folder) };
  return {
    config: "examples/shop/wrangler.toml",
    port,
    data: folder,
    vars: { ...secrets, PAYMENTS_URL: paymentsUrl, ...vars },
    cronEveryMs: cronEveryMs ?? CRON_EVERY_MS,
  };
}

export function planFulfilment(port: number, data: string, secret: string): WorkerPlan {
  return {
    config: "examples/shop/fulfilment/wrangler.toml",
    port,
    data: join(data, "fulfilment"),
    vars: { WEBHOOK_SECRET: secret },
  };
}
