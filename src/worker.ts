/**
 * The deployable outbox. One message walks through the folders in this order: api → outbox → relay → delivery →
 * channels, and `upkeep` finds whatever was lost on the way.
 */
import { env } from "cloudflare:workers";
import { attachments } from "./attachments.ts";
import { createApi } from "./create-api.ts";
import { createEmailEvents } from "./create-email-events.ts";
import { dashboard } from "./dashboard/dashboard.ts";
import { chats, createOutbox, emailProviders, type OutboxEnv } from "./index.ts";
import { payloadSchemas } from "./schemas/payload-schemas.ts";
import { sensitiveEmails } from "./sensitive-emails.ts";

const outbox = createOutbox<OutboxEnv>({
  payloadSchemas,
  emailProviders,
  attachments,
  sensitiveEmails,
  chats,
});
const api = createApi(outbox, { dashboard: dashboard() });
const emailEvents = createEmailEvents(outbox);

/** The queue that subscribes to a sending domain's events: `<anything>-email-events`. */
const isOfEvents = (queue: string) => queue.endsWith("-email-events");

// A bad setting stops the Worker here, with an error that names it.
outbox.checkSettings(env as OutboxEnv);

/** The Durable Object of each tenant: the binding RELAY. */
export class TenantRelay extends outbox.TenantRelay {}

export default {
  fetch: api.fetch,
  queue: (batch, env) => (isOfEvents(batch.queue) ? emailEvents : outbox).queue(batch, env),
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<OutboxEnv>;
