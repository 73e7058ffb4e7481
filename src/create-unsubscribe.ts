/** The answers to unsubscribe links, beside the library: an app that does not import them does not bundle them. */
import { insidesOf } from "./insides.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { ConfigError } from "./platform/errors.ts";
import { answerUnsubscribe } from "./unsubscribe/answer.ts";
import { addUnsubscribe, unsubscribeTools } from "./unsubscribe-tools.ts";

/** Answers to unsubscribe links, for an app to mount. */
interface Unsubscribe<Env extends OutboxEnv> {
  /**
   * Answers a link, the last part of whose path is its token. POST unsubscribes its recipient; GET shows a page that asks. 404:
   * the link is not of this outbox, its key is no longer among `SECRET_KEYS`, or its tenant was deleted. 429: its recipient has
   * changed their mind too often. 503: the database does not answer.
   */
  readonly fetch: (request: Request, env: Env) => Promise<Response>;
}

/**
 * Creates the answers to unsubscribe links, for the address that `EMAIL_UNSUBSCRIBE_URL` names, and lets the outbox commit e-mails
 * with a topic. Not needed beside `createApi`, which answers under `/u`.
 *
 * @param outbox the result of `createOutbox`
 * @throws {ConfigError} for another value than an outbox
 *
 * @example
 * const outbox = createOutbox();
 * const unsubscribe = createUnsubscribe(outbox);
 *
 * export const { TenantRelay } = outbox;
 * export default {
 *   fetch: (request, env) => unsubscribe.fetch(request, env),
 *   queue: outbox.queue,
 *   scheduled: outbox.scheduled,
 * } satisfies ExportedHandler<OutboxEnv>;
 */
export function createUnsubscribe<Env extends OutboxEnv>(outbox: (env: Env) => unknown): Unsubscribe<Env> {
  const insides = insidesOf<Env>(outbox);
  if (!insides) {
    throw new ConfigError(
      "createUnsubscribe takes the result of createOutbox, from the same copy of edge-outbox.",
    );
  }
  addUnsubscribe(insides);
  return {
    fetch: (request, env) => answerUnsubscribe(() => unsubscribeTools(insides.hostOf(env)), request),
  };
}
