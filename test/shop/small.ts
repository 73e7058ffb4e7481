/** The app with an outbox alone: it leaves out the API, and the checks of payloads. */
import { answer, createShop, type ShopEnv } from "./shop.ts";

const outbox = createShop();

export class TenantRelay extends outbox.TenantRelay {}

export default {
  fetch: (request, env) => answer(outbox, request, env),
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<ShopEnv>;
