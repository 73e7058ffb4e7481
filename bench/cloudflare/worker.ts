/**
 * The deployed Worker at a distance from its D1, its relays and its queues. Queues are the bench's own broker, which posts each
 * batch as a request: so batches are carried out side by side.
 */
import { env as near } from "cloudflare:workers";
import type { OutboxEnv } from "../../src/outbox-env.ts";
import type { RelayCalls } from "../../src/relay/tenant-relay.ts";
import outbox, { TenantRelay as NearRelay } from "../../src/worker.ts";
import type { Batch, BatchAnswer } from "./broker.ts";
import { boundFetch, inInvocation } from "./connections.ts";
import { FarD1, pause } from "./far-d1.ts";

interface BenchEnv extends OutboxEnv {
  DB: D1Database;
  BENCH_BROKER_PORT: string;
  BENCH_D1_MS: string;
  BENCH_QUEUE_MS: string;
  BENCH_RELAY_MS: string;
}

const bindings = near as unknown as BenchEnv;
const d1 = new FarD1(bindings.DB, Number(bindings.BENCH_D1_MS));
boundFetch();

/** Sends to the broker, which keeps the messages for the other half of the latency. */
function farQueue(name: string): Queue<never> {
  const url = `http://127.0.0.1:${bindings.BENCH_BROKER_PORT}/edge-outbox-${name}`;
  const sendBatch = async (messages: Iterable<{ body: unknown }>) => {
    await pause(Number(bindings.BENCH_QUEUE_MS) / 2);
    const body = JSON.stringify([...messages].map(({ body }) => body));
    const response = await fetch(url, { method: "POST", body });
    if (!response.ok) throw new Error(`The broker answered ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  };
  return { sendBatch } as unknown as Queue<never>;
}

const farRelays: OutboxEnv["RELAY"] = {
  getByName(tenantId): RelayCalls {
    const relay = bindings.RELAY.getByName(tenantId) as RelayCalls;
    const halfMs = Number(bindings.BENCH_RELAY_MS) / 2;
    return {
      async wake(...hint) {
        await pause(halfMs);
        await relay.wake(...hint);
        await pause(halfMs);
      },
    };
  },
};

const far: OutboxEnv = {
  ...bindings,
  DB: d1.binding,
  RELAY: farRelays,
  WEBHOOK_QUEUE: farQueue("webhook"),
  EMAIL_QUEUE: farQueue("email"),
  HANDLER_QUEUE: farQueue("handler"),
};

export class TenantRelay extends NearRelay {
  constructor(ctx: DurableObjectState) {
    super(ctx, far);
  }

  override async alarm(): Promise<void> {
    await inInvocation(() => super.alarm?.());
  }
}

/** Hands a batch to the Worker, and answers the messages that are to come again as soon as the handler has returned. */
async function consume(request: Request): Promise<Response> {
  const { queue, messages } = (await request.json()) as Batch;
  const again: BatchAnswer = { again: [] };
  const items = messages.map((message) => ({
    ...message,
    timestamp: new Date(message.timestamp),
    ack: () => {},
    retry: (options?: QueueRetryOptions) =>
      void again.again.push({ id: message.id, delaySeconds: options?.delaySeconds }),
  }));
  await outbox.queue({ queue, messages: items } as unknown as MessageBatch, far);
  return Response.json(again);
}

export default {
  fetch(request, _, ctx) {
    const { pathname } = new URL(request.url);
    return inInvocation(() => {
      if (pathname === "/bench/consume") return consume(request);
      if (pathname === "/bench/d1") return Response.json(d1.takeFigures());
      return outbox.fetch(request, far, ctx);
    });
  },
  scheduled: (controller) => inInvocation(() => outbox.scheduled(controller, far)),
} satisfies ExportedHandler;
