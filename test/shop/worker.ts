/** The app with all that an outbox has: it serves the API, and checks payloads. */
import { createApi } from "edge-outbox/api";
import { payloadSchemas } from "edge-outbox/schemas";
import { answer, createShop, type ShopEnv } from "./shop.ts";

const outbox = createShop({ payloadSchemas });
const api = createApi(outbox);

// A class, and not the value alone: the types that `wrangler types` makes name it as a type.
export class TenantRelay extends outbox.TenantRelay {}

export default {
  fetch(request, env, ctx) {
    const isOwn = new URL(request.url).pathname === "/orders";
    return isOwn ? answer(outbox, request, env) : api.fetch(request, env, ctx);
  },
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<ShopEnv>;
