/** The same app, with the API beside its own paths. */
import { createApi } from "edge-outbox/api";
import shop, { outbox, type ShopEnv } from "./shop.ts";

export { TenantRelay } from "./shop.ts";

const api = createApi(outbox);

export default {
  ...shop,
  fetch(request, env, ctx) {
    const isOwn = new URL(request.url).pathname === "/orders";
    return isOwn ? shop.fetch(request, env) : api.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<ShopEnv>;
