/** The Worker of `npm run bench -- cost`: the outbox as it is deployed, with everything counted that Cloudflare bills. */
import { Hono } from "hono";
import { createApi } from "../../src/create-api.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { createOutbox } from "../../src/index.ts";
import type { Standing } from "./tally.ts";
import {
  beginAnew,
  bindings,
  countAlarmsAhead,
  countLine,
  countStorage,
  counts,
  databaseOf,
  type Env,
  envOf,
  noteAlarm,
  tally,
} from "./worker/counted.ts";

const outbox = createOutbox<Env>({ database: databaseOf, logger: countLine });
const api = createApi(outbox);

export class TenantRelay extends outbox.TenantRelay {
  constructor(ctx: DurableObjectState) {
    super(ctx, envOf("claim"));
    countStorage(ctx);
  }

  override wake(at: number, seen?: readonly Observation[]): Promise<void> {
    counts.wakes++;
    return super.wake(at, seen);
  }

  override async alarm(): Promise<void> {
    noteAlarm(this.ctx);
    await super.alarm?.();
  }
}

const app = new Hono();

app.get("/standing", async (c) => {
  const counting = `SELECT (SELECT count(*) FROM outbox_messages) AS messages,
    (SELECT count(*) FROM outbox_deliveries WHERE settled_at IS NULL) AS unsettled`;
  const { results, meta } = await bindings.DB.prepare(counting).all<{
    messages: number;
    unsettled: number;
  }>();
  const { messages = 0, unsettled = 0 } = results[0] ?? {};
  const bytes = meta.size_after;
  return c.json({
    ...tally(),
    messages,
    unsettled,
    bytes,
    alarmsAhead: countAlarmsAhead(),
  } satisfies Standing);
});

app.post("/begin", (c) => {
  beginAnew();
  return c.json({});
});

/** Lets 31 days pass for all messages, and their purge become due. */
app.post("/age", async (c) => {
  const ms = 31 * 24 * 3600_000;
  await bindings.DB.batch([
    bindings.DB.prepare("UPDATE outbox_messages SET committed_at = committed_at - ?").bind(ms),
    bindings.DB.prepare("UPDATE outbox_deliveries SET settled_at = settled_at - ?").bind(ms),
    bindings.DB.prepare("UPDATE outbox_tenants SET purge_at = 0"),
  ]);
  return c.json({});
});

app.post("/cron", async (c) => {
  counts.crons++;
  const controller = {
    cron: "* * * * *",
    scheduledTime: Date.now(),
    type: "scheduled",
    noRetry() {},
  } as const;
  await outbox.scheduled(controller, envOf("cron"));
  return c.json({});
});

app.all("*", (c) => {
  counts.requests++;
  return api.fetch(c.req.raw, envOf("accept"), c.executionCtx);
});

export default {
  fetch: app.fetch,
  queue: (batch) => {
    counts.batches++;
    return outbox.queue(batch, envOf("settle"));
  },
  // The bench runs the cron when it is its turn.
  scheduled: () => {},
} satisfies ExportedHandler<Env>;
