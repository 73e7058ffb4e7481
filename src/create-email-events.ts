/** The reception of e-mails' events, beside the library: an app that does not import it does not bundle it. */
import { addEmailEvents, emailEventTools } from "./email-event-tools.ts";
import { answerEvents } from "./email-events/answer-events.ts";
import { consumeEvents } from "./email-events/consume-events.ts";
import { insidesOf } from "./insides.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { ConfigError } from "./platform/errors.ts";

/** Reception of what becomes of e-mails, for an app to mount. */
interface EmailEvents<Env extends OutboxEnv> {
  /**
   * Answers a webhook of a provider, whose name is the last part of the path: `resend`, `postmark`, `sendgrid`, `mailgun` or
   * `ses`. 200: recorded, or known. 401: it is not the provider's. 404: there is no such provider, or its setting is missing.
   * 413: its body is longer than 1 MiB. 503: the database does not answer, or the body broke off: the provider sends it again.
   */
  readonly fetch: (request: Request, env: Env) => Promise<Response>;
  /** Consumes a queue that subscribes to the events of a sending domain at Cloudflare. */
  readonly queue: (batch: MessageBatch, env: Env) => Promise<void>;
}

/**
 * Creates the reception of e-mails' events. Not needed beside `createApi`, which has the webhooks, but for the queue.
 *
 * @param outbox the result of `createOutbox`
 * @throws {ConfigError} for another value than an outbox
 *
 * @example
 * const outbox = createOutbox();
 * const emailEvents = createEmailEvents(outbox);
 *
 * export const { TenantRelay } = outbox;
 * export default {
 *   fetch: (request, env) => emailEvents.fetch(request, env),
 *   queue: (batch, env) => (batch.queue === "email-events" ? emailEvents.queue(batch, env) : outbox.queue(batch, env)),
 *   scheduled: outbox.scheduled,
 * } satisfies ExportedHandler<OutboxEnv>;
 */
export function createEmailEvents<Env extends OutboxEnv>(outbox: (env: Env) => unknown): EmailEvents<Env> {
  const insides = insidesOf<Env>(outbox);
  if (!insides) {
    throw new ConfigError(
      "createEmailEvents takes the result of createOutbox, from the same copy of edge-outbox.",
    );
  }
  addEmailEvents(insides);
  const toolsOf = (env: Env) => emailEventTools(insides.hostOf(env));
  return {
    fetch: (request, env) => answerEvents(() => toolsOf(env), request),
    queue: (batch, env) => consumeEvents(toolsOf(env), batch.messages),
  };
}
