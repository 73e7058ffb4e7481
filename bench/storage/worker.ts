/** What `npm run bench -- storage` measures: the outbox, and how large its database is. */
import { Hono } from "hono";
import { createApi } from "../../src/create-api.ts";
import { createOutbox, type OutboxEnv } from "../../src/index.ts";

interface Env extends OutboxEnv {
  DB: D1Database;
}

const outbox = createOutbox<Env>();

export class TenantRelay extends outbox.TenantRelay {}

const app = new Hono<{ Bindings: Env }>();

/** The bytes of the database, as D1 tells them, and how many deliveries are left to make. */
app.get("/size", async (c) => {
  const unsettled = "SELECT count(*) AS unsettled FROM outbox_deliveries WHERE settled_at IS NULL";
  const { results, meta } = await c.env.DB.prepare(unsettled).all<{ unsettled: number }>();
  return c.json({ bytes: meta.size_after, unsettled: results[0]?.unsettled ?? 0 });
});

app.mount("/", createApi(outbox).fetch);

export default {
  fetch: app.fetch,
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<Env>;
