/** The Worker, with a D1 that is as far away as a real one, and a client before it that hangs up before D1 has answered. */
import { exports, WorkerEntrypoint } from "cloudflare:workers";
import { createApi } from "../../../src/create-api.ts";
import { createOutbox, event, type OutboxEnv } from "../../../src/index.ts";

/** D1 has done what it was asked, and its answer is on its way for so long. */
const ANSWER_MS = 300;
const HANG_UP_MS = 150;

const outbox = createOutbox<OutboxEnv>({ database: ({ DB }) => farAway(DB as D1Database) });
const api = createApi(outbox);

export class TenantRelay extends outbox.TenantRelay {}

function farAway(db: D1Database): D1Database {
  const batch: D1Database["batch"] = async (statements) => {
    const results = await db.batch(statements);
    await scheduler.wait(ANSWER_MS);
    return results as never;
  };
  return { prepare: (query: string) => db.prepare(query), batch } as D1Database;
}

/** Worker that the client calls: a request of its own, which ends when the client goes. */
export class Called extends WorkerEntrypoint<OutboxEnv> {
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, tenant = ""] = /^\/library\/(.*)$/.exec(pathname) ?? [];
    if (!tenant) return api.fetch(request, this.env, this.ctx);
    await outbox(this.env).commit(tenant, { messages: [event("order.placed", 1)] });
    return new Response("committed");
  }
}

async function callAndHangUp(request: Request): Promise<Response> {
  const client = new AbortController();
  const called = (exports as unknown as { Called: Fetcher }).Called;
  const answer = called.fetch(request, { signal: client.signal }).then(
    ({ status }) => `answered ${status}`,
    () => "hung up",
  );
  await scheduler.wait(HANG_UP_MS);
  client.abort();
  return new Response(await answer);
}

export default {
  queue: outbox.queue,
  scheduled: outbox.scheduled,
  fetch(request: Request, env: OutboxEnv, ctx: ExecutionContext) {
    return request.headers.has("hang-up") ? callAndHangUp(request) : api.fetch(request, env, ctx);
  },
};
