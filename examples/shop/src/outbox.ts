import { createOutbox, emailProviders, type OutboxEnv } from "edge-outbox";
import { createApi } from "edge-outbox/api";
import { dashboard } from "edge-outbox/dashboard";
import { chargeCard } from "./charge-card.ts";
import type { ShopNames } from "./facts.ts";

/** The bindings and settings that wrangler.toml and the secrets give the shop. */
export interface ShopEnv extends OutboxEnv {
  DB: D1Database;
  PAYMENTS_URL: string;
}

/** One shop, hence one tenant. A platform with many shops would give each its own. */
export const SHOP = "shop";

export const outbox = createOutbox<ShopEnv, ShopNames>({
  createTenants: true,
  handlers: { "charge-card": chargeCard },
  // EMAIL_PROVIDER chooses one of them; without it the shop sends by Cloudflare's binding.
  emailProviders,
});

/** The outbox's own API and its dashboard, served under /outbox: `/outbox/ui`. */
export const api = createApi(outbox, { dashboard: dashboard() });
