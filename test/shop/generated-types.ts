/** Beside worker.ts: the Env that `wrangler types` makes of wrangler.toml is what the outbox asks for. */
import { createOutbox, event, type OutboxEnv } from "edge-outbox";

const outbox = createOutbox<Env>();
export const outboxOf = (env: Env) => outbox(env satisfies OutboxEnv);

// @ts-expect-error an event has a payload
event("order.placed");
