/** Tools of unsubscribe links, apart from the other rooms' tools: a Worker without them does not bundle them. */
import { isWithin } from "./api/door/door-memory.ts";
import type { Insides } from "./insides.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { createVault } from "./platform/vault.ts";
import type { UnsubscribeTools } from "./unsubscribe/answer.ts";
import type { Links } from "./unsubscribe/link.ts";
import { readUnsubscribeUrl } from "./unsubscribe/settings.ts";
import { writeLink } from "./unsubscribe/write-link.ts";
import type { WorkerHost } from "./worker-host.ts";

/** Tools of the answers to links. */
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

/** Gives an outbox the making of links. */
export function addUnsubscribe<Env extends OutboxEnv>(insides: Insides<Env>): void {
  insides.unsubscribe ??= {
    check: (env) => void linksOf(insides.hostOf(env)),
    writeLink: async (env, ...email) => writeLink(linksOf(insides.hostOf(env)), ...email),
  };
}

function linksOf<Env extends OutboxEnv>({ env, config }: WorkerHost<Env>): Links | undefined {
  const { keyRing, environment } = config;
  const url = readUnsubscribeUrl(env, environment === "production");
  return url === undefined || !keyRing ? undefined : { url, vault: createVault(keyRing, "unsubscribe") };
}
