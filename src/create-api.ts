/** The API, beside the library: an app that does not import it does not bundle it. */

import type { createApp } from "./api/app.ts";
import type { Dashboard } from "./api/dashboard.ts";
import { addEmailEvents, emailEventTools } from "./email-event-tools.ts";
import { insidesOf } from "./insides.ts";
import { portalLinkOperations } from "./library/portal-links.ts";
import { readOtlp } from "./metrics/otlp-settings.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { ConfigError } from "./platform/errors.ts";
import { addUnsubscribe } from "./unsubscribe-tools.ts";

/** HTTP API of an outbox, to serve or to mount. */
export interface OutboxApi<Env extends OutboxEnv> {
  /** Answers a request. The first request of an isolate waits until the operations and their schemas are made. */
  readonly fetch: (
    request: Request,
    env: Env,
    ctx?: Pick<ExecutionContext, "waitUntil" | "passThroughOnException">,
  ) => Promise<Response>;
}

/** Options of the API. */
export interface ApiOptions {
  /** Result of `dashboard` of `edge-outbox/dashboard`: serves the dashboard under `/ui` and the portal under `/portal`. */
  dashboard?: Dashboard;
}

/**
 * Creates the HTTP API of an outbox. Relays, consumers and crons that never call `fetch` do not make its operations.
 *
 * @param outbox the result of `createOutbox`
 * @throws {ConfigError} for another value than an outbox
 *
 * @example
 * const outbox = createOutbox();
 *
 * export const { TenantRelay } = outbox;
 * export default {
 *   fetch: createApi(outbox).fetch,
 *   queue: outbox.queue,
 *   scheduled: outbox.scheduled,
 * } satisfies ExportedHandler<OutboxEnv>;
 */
export function createApi<Env extends OutboxEnv>(
  outbox: (env: Env) => unknown,
  { dashboard }: ApiOptions = {},
): OutboxApi<Env> {
  const insides = insidesOf<Env>(outbox);
  if (!insides) {
    throw new ConfigError("createApi takes the result of createOutbox, from the same copy of edge-outbox.");
  }
  insides.push = {
    check: readOtlp,
    async run(env) {
      const [{ pushMetrics }, { pushTools }] = await Promise.all([
        import("./metrics/push.ts"),
        import("./api-tools.ts"),
      ]);
      await pushMetrics(pushTools(insides.hostOf(env), insides.surroundings.fetch));
    },
  };
  insides.portalLinks = portalLinkOperations;
  addEmailEvents(insides);
  addUnsubscribe(insides);
  if (dashboard?.mailbox) {
    const { mailbox } = dashboard;
    insides.mailbox = (env) => mailbox(emailEventTools(insides.hostOf(env)));
  }
  let app: ReturnType<typeof createApp<Env>> | undefined;
  return {
    async fetch(request, env, ctx) {
      // A bundler makes a function of the module, which runs at the first call: it is most of a Worker's start.
      const [api, { apiTools }] = await Promise.all([import("./api/app.ts"), import("./api-tools.ts")]);
      app ??= api.createApp((env, calledAt) => apiTools(insides.hostOf(env), calledAt), dashboard);
      return app.fetch(request, env, ctx as ExecutionContext);
    },
  };
}
