/** Beside worker.ts: the Env that `wrangler types` makes of wrangler.toml is what the outbox asks for. */
import { event, type OutboxEnv, outbox } from "edge-outbox";

export const outboxOf = (env: Env, ctx: ExecutionContext) => outbox(env satisfies OutboxEnv, ctx);

// @ts-expect-error a message has a payload
event("order.placed");
