import { batching } from "./channels/email/batching.ts";
import type { EmailBatching, SharedEmails } from "./channels/email/provider.ts";
import { Batches } from "./delivery/batches.ts";

/**
 * Lets a provider of the app's own take several e-mails in one request: the `batch` of an `EmailProvider`, which needs a named
 * `account`. Only for a provider that drops repetitions of the key: a request whose answer is lost is repeated as it was.
 *
 * @param batch.most most e-mails in one request
 * @param batch.send answers a reply to each e-mail, in order; or a refusal of the whole, of which nothing was sent
 *
 * @example
 * const batch = inBatches({
 *   most: 100,
 *   async send(envelopes, idempotencyKey, signal) {
 *     const headers = { "idempotency-key": idempotencyKey };
 *     const body = JSON.stringify(envelopes);
 *     const response = await fetch("https://mail.example/batch", { method: "POST", headers, body, signal });
 *     if (!response.ok) return temporary("refused", { httpStatus: response.status });
 *     const ids = await response.json<string[]>();
 *     return ids.map((id) => ({ kind: "accepted", id, httpStatus: response.status, excerpt: id }));
 *   },
 * });
 */
export function inBatches(batch: EmailBatching): SharedEmails {
  return { ...batch, share: (...of) => ({ ...batching(...of), open: () => new Batches() }) };
}
