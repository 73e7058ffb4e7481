import { tagHeaders } from "../../../domain/email-tags.ts";
import { newEmailId } from "../../../domain/ids.ts";
import type { Clock, Random } from "../../../platform/clock.ts";
import { mailboxLimits } from "../../../platform/development-limits.ts";
import { Newest } from "../../../platform/newest.ts";
import { permanent, type Reply, temporary } from "../../channel.ts";
import type { EmailProvider, Envelope } from "../provider.ts";

/** Answers of the mailbox: it takes an e-mail, refuses it for now or for good, or does not answer. */
export const MAILBOX_ANSWERS = ["accepted", "temporary", "permanent", "never"] as const;
export type MailboxAnswer = (typeof MAILBOX_ANSWERS)[number];

/** An e-mail that was handed over to be sent. */
export interface KeptEmail extends Envelope {
  id: string;
  /** Instant in milliseconds. */
  at: number;
  headers: Record<string, string>;
  answer: MailboxAnswer;
}

/** The e-mails that would have been sent, in the memory of the isolate: the newest of them. */
export class Mailbox {
  /** Answer to further e-mails. */
  answer: MailboxAnswer = "accepted";
  readonly emails = new Newest<KeptEmail>(mailboxLimits);
}

/** Keeps e-mails instead of sending them. For development: a page shows them. */
export function mailboxProvider(
  mailbox: Mailbox,
  { clock, random }: { clock: Clock; random: Random },
): EmailProvider {
  return {
    async send(envelope): Promise<Reply> {
      const { answer } = mailbox;
      const id = newEmailId(random);
      const own = { "Message-ID": `<${id}@mailbox.invalid>`, "X-Entity-Ref-ID": envelope.idempotencyKey };
      const headers = { ...own, ...tagHeaders(envelope.tags), ...envelope.headers };
      mailbox.emails.add({ ...envelope, id, at: clock.now(), headers, answer }, sizeOf(envelope));
      if (answer === "temporary") return temporary("mailbox_temporary");
      if (answer === "permanent") return permanent("mailbox_permanent");
      if (answer === "never") return new Promise(() => {});
      return { kind: "accepted", id, httpStatus: null, excerpt: own["Message-ID"] };
    },
  };
}

function sizeOf({ subject, text = "", html = "", attachments = [] }: Envelope): number {
  const files = attachments.reduce((sum, { content }) => sum + content.length, 0);
  return subject.length + text.length + html.length + files;
}
