/**
 * The deployable outbox. One message walks through the folders in this order:
 * api → outbox → relay → delivery → channels, and `upkeep` looks after what got lost on the way.
 */
import { env } from "cloudflare:workers";
import { api, configOf, type OutboxEnv, queue, scheduled } from "./index.ts";

export { TenantRelay } from "./index.ts";

// A bad setting stops the Worker here, with a sentence that names it.
configOf(env);

export default {
  fetch: api.fetch,
  queue,
  scheduled,
} satisfies ExportedHandler<OutboxEnv>;
