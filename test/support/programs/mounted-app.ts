/** An app that has the outbox, its API and its dashboard under a prefix of its own: what mounted.test.ts runs against. */
import { Hono } from "hono";
import { createApi } from "../../../src/create-api.ts";
import { dashboard } from "../../../src/dashboard/dashboard.ts";
import { createOutbox, type OutboxEnv } from "../../../src/index.ts";

const outbox = createOutbox();
const api = createApi(outbox, { dashboard: dashboard() });
const app = new Hono<{ Bindings: OutboxEnv }>().mount("/app/outbox", api.fetch);
// `npm run dev` waits for it.
app.get("/health", (c) => api.fetch(c.req.raw, c.env));

export class TenantRelay extends outbox.TenantRelay {}

export default { fetch: app.fetch, queue: outbox.queue, scheduled: outbox.scheduled };
