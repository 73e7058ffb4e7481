/** Beside worker.ts: an app may write its outbox against the Env that `wrangler types` makes, which names the app's own class. */
import { createOutbox, event, type OutboxEnv } from "edge-outbox";
import { testOutbox } from "edge-outbox/testing";

const outbox = createOutbox<Env>();
export class OtherRelay extends outbox.TenantRelay {}
export const outboxOf = (env: Env) => outbox(env satisfies OutboxEnv);
export const outboxUnderTest = (env: Env) => testOutbox(outbox, env);

// @ts-expect-error an event has a payload
event("order.placed");
