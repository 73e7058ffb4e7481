/** Beside worker.ts: an app may write its outbox against the Env that `wrangler types` makes, which names the app's own class. */
import { createOutbox, event, type OutboxEnv } from "edge-outbox";

const outbox = createOutbox<Env>();
export class OtherRelay extends outbox.TenantRelay {}
export const outboxOf = (env: Env) => outbox(env satisfies OutboxEnv);

// @ts-expect-error an event has a payload
event("order.placed");
