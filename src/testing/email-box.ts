import type { Reply } from "../channels/channel.ts";
import type { EmailFile, EmailProvider, Envelope } from "../channels/email/provider.ts";
import { MESSAGE_TAG, TENANT_TAG } from "../domain/email-tags.ts";
import type { FetchHandler } from "./receiver.ts";

/** An account whose pace keeps no test waiting. */
const RATE = { "ratelimit-limit": "1000", "ratelimit-policy": "1000;w=1" };

/** An e-mail that the box took. */
export type DeliveredEmail = Omit<Envelope, "attempt" | "committedAt">;

/**
 * An e-mail provider that sends nothing: it keeps the e-mails. A repetition with an equal idempotency key is accepted,
 * but not kept again. As a fetch handler it stands in for Resend, for a Worker whose `RESEND_BASE_URL` leads to it.
 */
export class EmailBox implements EmailProvider, FetchHandler {
  /** Accepted e-mails, in order of arrival. */
  readonly sent: DeliveredEmail[] = [];
  /** Number of repetitions of accepted e-mails. */
  repeated = 0;
  readonly #replies: Reply[] = [];

  /**
   * Sets the replies to the next e-mails, one each: `temporary(…)` or `permanent(…)`. Later e-mails are accepted.
   */
  answerNext(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  async send(envelope: DeliveredEmail): Promise<Reply> {
    const reply = this.#replies.shift();
    if (reply !== undefined && reply.kind !== "accepted") return reply;
    const known = this.sent.some(({ idempotencyKey }) => idempotencyKey === envelope.idempotencyKey);
    if (known) this.repeated++;
    else this.sent.push(envelope);
    return reply ?? { kind: "accepted", httpStatus: null, excerpt: null };
  }

  /**
   * Takes an e-mail as Resend's `POST /emails` does, or several as `POST /emails/batch`. Answers a refusal with its status, which
   * defaults to 503, or 422 for a permanent one; the refusal of one of several among their errors, or as that of all if it is
   * temporary.
   */
  fetch = async (request: Request): Promise<Response> => {
    const key = request.headers.get("idempotency-key") ?? crypto.randomUUID();
    const body = (await request.json()) as ResendEmail | ResendEmail[];
    if (!Array.isArray(body)) {
      const reply = await this.send(read(body, key));
      return reply.kind === "accepted" ? Response.json({ id: key }, { headers: RATE }) : refusal(reply);
    }
    const emails = body.map((email, place) => read(email, `${key}/${place}`));
    const replies: Reply[] = [];
    for (const email of emails) {
      const reply = await this.send(email);
      if (reply.kind === "temporary") return refusal(reply);
      replies.push(reply);
    }
    const data = replies.flatMap(({ kind }, place) => (kind === "accepted" ? { id: `${key}/${place}` } : []));
    const errors = replies.flatMap((reply, index) =>
      reply.kind === "accepted" ? [] : { index, message: reply.excerpt ?? reply.error },
    );
    return Response.json({ data, errors }, { headers: RATE });
  };
}

function read(
  { reply_to: replyTo, tags: all = [], attachments, ...content }: ResendEmail,
  idempotencyKey: string,
): DeliveredEmail {
  const {
    [MESSAGE_TAG]: messageId = "",
    [TENANT_TAG]: tenantId = "",
    ...tags
  } = Object.fromEntries(all.map(({ name, value }) => [name, value]));
  const ids = { messageId, tenantId, idempotencyKey };
  return {
    ...content,
    ...(replyTo && { replyTo: [replyTo].flat() }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(attachments && { attachments: attachments.map(readFile) }),
    ...ids,
  };
}

function readFile({ content_type: type, content_id: contentId, ...file }: ResendFile): EmailFile {
  return { ...file, type, ...(contentId !== undefined && { contentId }) };
}

function refusal(reply: Exclude<Reply, { kind: "accepted" }>): Response {
  const status = reply.httpStatus ?? (reply.kind === "temporary" ? 503 : 422);
  return Response.json({ name: reply.error, message: reply.excerpt }, { status, headers: RATE });
}

interface ResendEmail
  extends Omit<
    DeliveredEmail,
    "idempotencyKey" | "messageId" | "tenantId" | "replyTo" | "tags" | "attachments"
  > {
  reply_to?: string | string[];
  tags?: { name: string; value: string }[];
  attachments?: ResendFile[];
}

interface ResendFile extends Omit<EmailFile, "type" | "contentId"> {
  content_type: string;
  content_id?: string;
}
