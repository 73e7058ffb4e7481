import { type Refusal, type Reply, temporary } from "../../../src/channels/channel.ts";
import type { EmailProvider, Envelope } from "../../../src/channels/email/provider.ts";
import { refusedFor } from "../../../src/channels/email/providers/refused.ts";
import { inBatches } from "../../../src/email-batches.ts";

interface Request {
  key: string;
  /** Message ids, in order. */
  ids: string[];
}

type Answer = readonly Reply[] | Refusal;

/**
 * A provider of e-mails that takes several at once, and drops the repetitions of a key as Resend does: it answers them as it did
 * first, and refuses other e-mails under it.
 */
export class BatchProvider implements EmailProvider {
  readonly account: { name: string };
  readonly idempotencySeconds = 24 * 3600;
  readonly requests: Request[] = [];
  /** Message ids of the e-mails that went out. */
  readonly sent: string[] = [];
  /** Answers in place of the usual ones, to one request each: before anything is sent, or in place of the answer. */
  readonly before: (() => Answer | undefined)[] = [];
  readonly instead: (() => Answer | undefined)[] = [];
  /** Answers in place of the usual one to an e-mail that comes by itself, which is sent. */
  readonly alone: (() => Reply)[] = [];
  /** Answer to all requests, of which none is sent. Undefined: it takes them. */
  refusal: Refusal | undefined;
  /** Message ids that it refuses. */
  readonly bad = new Set<string>();
  readonly #known = new Map<string, { body: string; answer: readonly Reply[] }>();

  constructor(account = "account") {
    this.account = { name: account };
  }

  async send(envelope: Envelope): Promise<Reply> {
    const { idempotencyKey: key, messageId } = envelope;
    this.requests.push({ key, ids: [messageId] });
    if (this.refusal) return this.refusal;
    const answer = this.#take(key, [envelope]);
    return this.alone.shift()?.() ?? ("kind" in answer ? answer : (answer[0] as Reply));
  }

  readonly batch = inBatches({
    most: 100,
    send: async (envelopes: readonly Envelope[], key: string): Promise<Answer> => {
      this.requests.push({ key, ids: envelopes.map(({ messageId }) => messageId) });
      const refused = this.refusal ?? this.before.shift()?.();
      if (refused) return refused;
      const answer = this.#take(key, envelopes);
      return this.instead.shift()?.() ?? answer;
    },
  });

  get batches(): Request[] {
    return this.requests.filter(({ key }) => key.startsWith("batch/"));
  }

  #take(key: string, envelopes: readonly Envelope[]): Answer {
    const body = JSON.stringify(envelopes.map(({ attempt: _, ...envelope }) => envelope));
    const known = this.#known.get(key);
    if (known && known.body !== body)
      return refusedFor("message", "invalid_idempotent_request", { httpStatus: 409 });
    if (known) return known.answer;
    const answer = envelopes.map(({ messageId }): Reply => {
      if (this.bad.has(messageId)) return refusedFor("message", "validation_error", { httpStatus: 200 });
      this.sent.push(messageId);
      return { kind: "accepted", id: `re_${messageId}`, httpStatus: 200, excerpt: `re_${messageId}` };
    });
    this.#known.set(key, { body, answer });
    return answer;
  }
}

export const LOST: Reply = temporary("timeout");
