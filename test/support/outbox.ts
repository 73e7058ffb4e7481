import { createOutbox, type OutboxEnv } from "../../src/index.ts";
import { readConfig } from "../../src/platform/config.ts";

/** The outbox as it is deployed. */
export const deployed = createOutbox<OutboxEnv>();
export const { api, queue, scheduled } = deployed;
export const configOf = (env: object) => readConfig(env);
