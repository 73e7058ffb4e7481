/**
 * The Worker of `npm run bench -- growth`: fills its database, and measures each operation on the real D1, with everything else
 * by hand. So nothing is at work beside the operation.
 */
import { Hono } from "hono";
import { createApi } from "../../src/create-api.ts";
import { createOutbox, type OutboxEnv } from "../../src/index.ts";
import { OPERATIONS, type Shape } from "./shape.ts";
import { fill, removeNewer } from "./worker/fill.ts";
import { MEASURES } from "./worker/measures.ts";
import { Meter } from "./worker/meter.ts";

interface Env extends OutboxEnv {
  DB: D1Database;
}

const outbox = createOutbox<Env>();

export class TenantRelay extends outbox.TenantRelay {}

const app = new Hono<{ Bindings: Env }>();

app.post("/fill", async (c) => {
  await fill(c.env.DB, await c.req.json<Shape>());
  return c.json({});
});

/** Measures an operation, by its place among them, and leaves the database as large as it was. */
app.post("/measure/:operation/:turn", async (c) => {
  const { DB: db } = c.env;
  const shape = await c.req.json<Shape>();
  const operation = OPERATIONS[Number(c.req.param("operation"))];
  if (operation === undefined) return c.notFound();
  const meter = new Meter(db);
  await MEASURES[operation]({ meter, db, shape, turn: Number(c.req.param("turn")) });
  await removeNewer(db, shape);
  return c.json(meter.mean);
});

app.mount("/", createApi(outbox).fetch);

/** The cron is measured, and does nothing by itself. */
const scheduled = () => {};

export default { fetch: app.fetch, scheduled } satisfies ExportedHandler<Env>;
