import type { Reply } from "../../../src/channels/channel.ts";
import type { EmailProvider, Envelope } from "../../../src/channels/email/provider.ts";

/** A provider that sends whatever it gets, unless it knows keys; its answers can be made up, before it sends or after. */
export class Post implements EmailProvider {
  readonly account: { name: string };
  readonly idempotencySeconds: number;
  readonly asked: string[] = [];
  readonly sent: string[] = [];
  readonly refusals: Reply[] = [];
  readonly losses: Reply[] = [];
  whileSending: () => Promise<void> = async () => {};
  readonly #keys = new Set<string>();

  constructor(name = "post", idempotencySeconds = 0) {
    this.account = { name };
    this.idempotencySeconds = idempotencySeconds;
  }

  async send({ messageId, idempotencyKey }: Envelope): Promise<Reply> {
    this.asked.push(messageId);
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    if (this.idempotencySeconds === 0 || !this.#keys.has(idempotencyKey)) this.sent.push(messageId);
    this.#keys.add(idempotencyKey);
    await this.whileSending();
    return this.losses.shift() ?? { kind: "accepted", id: `id_${messageId}`, httpStatus: 200, excerpt: null };
  }
}
