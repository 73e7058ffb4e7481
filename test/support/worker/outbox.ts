import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { createApi } from "../../../src/create-api.ts";
import { createOutbox, type OutboxEnv } from "../../../src/index.ts";
import { readConfig } from "../../../src/platform/config.ts";
import { payloadSchemas } from "../../../src/schemas/payload-schemas.ts";
import type { World } from "../world.ts";

/** The outbox as it is deployed. */
export const deployed = createOutbox<OutboxEnv>({ payloadSchemas });
export const { queue, scheduled } = deployed;
export const api = createApi(deployed);
export const configOf = (env: object) => readConfig(env);

/** The deployed consumer of webhooks is handed what a world's relay has queued, and works by these settings. */
export async function consumeQueued(world: World, settings: object): Promise<void> {
  const messages = world.queued.splice(0).map(({ body }) => {
    return { body, attempts: 1, timestamp: new Date(world.now), ack: () => {}, retry: () => {} };
  });
  const batch = { queue: "edge-outbox-webhook", messages } as unknown as MessageBatch;
  const context = createExecutionContext();
  await queue(batch, settings as OutboxEnv);
  await waitOnExecutionContext(context);
}
