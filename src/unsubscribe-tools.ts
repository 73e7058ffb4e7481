/** Tools of the answers to unsubscribe links, apart from the other rooms' tools: a Worker without them does not bundle them. */
import { isWithin } from "./api/door/door-memory.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { createVault } from "./platform/vault.ts";
import type { UnsubscribeTools } from "./unsubscribe/answer.ts";
import type { WorkerHost } from "./worker-host.ts";

export function unsubscribeTools<Env extends OutboxEnv>(host: WorkerHost<Env>): UnsubscribeTools {
  const { db, clock, random, log, wake, env, config, seeThrough } = host;
  const { ADDRESS_RATE } = env;
  return {
    ...{ db, clock, random, log, wake, seeThrough },
    systemEventsTenant: config.systemEventsTenant,
    vault: createVault(config.keyRing, "unsubscribe"),
    isWithin: async (key) => !ADDRESS_RATE || isWithin(ADDRESS_RATE, key),
  };
}
