/** What `npm run bench -- handlers` measures: an app with the outbox inside, and handlers that do nothing but their effects. */
import { Hono } from "hono";
import { createOutbox, event, type OutboxEnv, work } from "../../src/index.ts";

interface Env extends OutboxEnv {
  DB: D1Database;
}

const count = (env: Env, n: number) =>
  env.DB.prepare(
    "INSERT INTO bench_effects (n, times) VALUES (?, 1) ON CONFLICT (n) DO UPDATE SET times = times + 1",
  ).bind(n);

interface Names {
  work: { nothing: number; statement: number; statementAndEvent: number };
}

const outbox = createOutbox<Env, Names>({
  createTenants: true,
  handlers: {
    nothing: () => undefined,
    statement: ({ message, env }) => ({ writes: [count(env, message.payload)] }),
    statementAndEvent: ({ message, env }) => ({
      writes: [count(env, message.payload)],
      messages: [event("counted", { n: message.payload })],
    }),
  },
});

export class TenantRelay extends outbox.TenantRelay {}

const app = new Hono<{ Bindings: Env }>();

app.get("/health", (c) => c.json({}));

app.post("/setup", async (c) => {
  await c.env.DB.prepare(
    "CREATE TABLE IF NOT EXISTS bench_effects (n INTEGER PRIMARY KEY, times INTEGER NOT NULL)",
  ).run();
  return c.json({});
});

/** A hundred pieces of work in one commit. */
app.post("/:tenant/:handler/:from", async (c) => {
  const { tenant, handler, from } = c.req.param();
  const first = Number(from);
  const messages = Array.from({ length: 100 }, (_, n) => work(handler as keyof Names["work"], first + n));
  await outbox(c.env).commit(tenant, { messages });
  return c.json({});
});

/** How much of a tenant's work is left, and how often each effect has happened at the most. */
app.get("/:tenant", async (c) => {
  const left = c.env.DB.prepare(
    "SELECT count(*) AS left FROM outbox_deliveries WHERE tenant_id = ? AND settled_at IS NULL",
  ).bind(c.req.param("tenant"));
  const effects = c.env.DB.prepare("SELECT count(*) AS effects, max(times) AS times FROM bench_effects");
  const [one, other] = await c.env.DB.batch<object>([left, effects]);
  return c.json({ ...one?.results[0], ...other?.results[0] });
});

export default {
  fetch: app.fetch,
  queue: outbox.queue,
  scheduled: outbox.scheduled,
} satisfies ExportedHandler<Env>;
