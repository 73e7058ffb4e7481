import type { Reply } from "../channels/channel.ts";
import { type EmailProvider, type Envelope, MESSAGE_TAG, TENANT_TAG } from "../channels/email/email.ts";
import type { FetchHandler } from "./receiver.ts";

/** An account whose pace keeps no test waiting. */
const RATE = { "ratelimit-limit": "1000", "ratelimit-policy": "1000;w=1" };

/** An e-mail that the box took. */
export type SentEmail = Omit<Envelope, "attempt" | "committedAt">;

/**
 * An e-mail provider that sends nothing: it keeps the e-mails. A repetition with an equal idempotency key is accepted,
 * but not kept again. As a fetch handler it stands in for Resend, for a Worker whose `RESEND_BASE_URL` leads to it.
 */
export class EmailBox implements EmailProvider, FetchHandler {
  /** Accepted e-mails, in order of arrival. */
  readonly sent: SentEmail[] = [];
  /** Number of repetitions of accepted e-mails. */
  repeated = 0;
  readonly #replies: Reply[] = [];

  /**
   * Sets the replies to the next e-mails, one each: `temporary(…)` or `permanent(…)`. Later e-mails are accepted.
   */
  answerNext(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  async send(envelope: SentEmail): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply !== undefined && reply.kind !== "accepted") return reply;
    const known = this.sent.some(({ idempotencyKey }) => idempotencyKey === envelope.idempotencyKey);
    if (known) this.repeated++;
    else this.sent.push(envelope);
    return reply ?? { kind: "accepted", httpStatus: null, excerpt: null };
  }

  /**
   * Takes an e-mail as Resend's `POST /emails` does. Answers a refusal with its status, which defaults to 503, or 422
   * for a permanent one.
   */
  fetch = async (request: Request): Promise<Response> => {
    const { reply_to: replyTo, tags = [], ...content } = (await request.json()) as ResendEmail;
    const idempotencyKey = request.headers.get("idempotency-key") ?? crypto.randomUUID();
    const tagged = (name: string) => tags.find((tag) => tag.name === name)?.value ?? "";
    const ids = { messageId: tagged(MESSAGE_TAG), tenantId: tagged(TENANT_TAG), idempotencyKey };
    const reply = await this.send({ ...content, ...(replyTo && { replyTo }), ...ids });
    if (reply.kind === "accepted") return Response.json({ id: idempotencyKey }, { headers: RATE });
    const status = reply.httpStatus ?? (reply.kind === "temporary" ? 503 : 422);
    return Response.json({ name: reply.error, message: reply.excerpt }, { status, headers: RATE });
  };
}

interface ResendEmail extends Omit<SentEmail, "idempotencyKey" | "messageId" | "tenantId" | "replyTo"> {
  reply_to?: string;
  tags?: { name: string; value: string }[];
}
