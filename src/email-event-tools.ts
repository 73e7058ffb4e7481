/** Tools of the reception of e-mails' events, apart from the other rooms' tools: a Worker without it does not bundle them. */
import { matchKept } from "./email-events/match-kept.ts";
import { EVENT_PROVIDERS } from "./email-events/provider-event.ts";
import type { ReceiveTools } from "./email-events/receive-events.ts";
import { secretsOf } from "./email-events/settings.ts";
import { tellComplaints } from "./email-events/tell-complaints.ts";
import type { Insides } from "./insides.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import type { WorkerHost } from "./worker-host.ts";

/** Tools of the reception. */
export function emailEventTools<Env extends OutboxEnv>(host: WorkerHost<Env>): ReceiveTools {
  const { db, clock, random, log, wake, fetch, env } = host;
  return {
    ...{ db, clock, random, log, wake, fetch },
    systemEventsTenant: host.config.systemEventsTenant,
    secretsOf: (provider) => secretsOf(env, provider),
  };
}

/** Gives an outbox what its cron and its check of settings have to do for events of e-mails. */
export function addEmailEvents<Env extends OutboxEnv>(insides: Insides<Env>): void {
  insides.emailEvents ??= {
    check: (env) => EVENT_PROVIDERS.forEach((provider) => void secretsOf(env, provider)),
    run: async (env) => {
      const tools = emailEventTools(insides.hostOf(env));
      await Promise.all([matchKept(tools), tellComplaints(tools)]);
    },
  };
}
