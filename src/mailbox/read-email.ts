import { composeMessage } from "../channels/email/compose-message.ts";
import type { Envelope } from "../channels/email/provider.ts";
import { fromBase64 } from "../platform/base64.ts";
import type { MailboxEmail, MailboxEntry, MailboxPlay } from "./answers.ts";
import { linksIn } from "./links.ts";

/** Facts of an e-mail beside its envelope. */
interface Kept {
  id: string;
  /** Instant in milliseconds. */
  at: number;
  play: MailboxPlay;
  reason: string | null;
  leftOut: string[];
}

export function entryOf(envelope: Envelope, { id, at, play, reason }: Omit<Kept, "leftOut">): MailboxEntry {
  const { from, to, cc = [], bcc = [], subject, tenantId, messageId, attempt } = envelope;
  const addresses = { from, to: [...to], cc: [...cc], bcc: [...bcc] };
  return {
    id,
    at: new Date(at).toISOString(),
    ...addresses,
    ...{ subject, play, tenantId, messageId, attempt, reason },
  };
}

/** All of an e-mail. Fields that are not known here are shown as they are. */
export async function readEmail(envelope: Envelope, kept: Kept): Promise<MailboxEmail> {
  const { from, to, cc, bcc, replyTo, subject, text, html, ...rest } = envelope;
  const {
    tenantId,
    messageId,
    committedAt,
    attempt,
    idempotencyKey,
    attachments = [],
    headers,
    ...more
  } = rest;
  const source = new TextDecoder().decode(await composeMessage(envelope));
  return {
    ...entryOf(envelope, kept),
    replyTo: replyTo ?? [],
    text: text ?? null,
    html: html ?? null,
    links: linksIn({ ...(html !== undefined && { html }), ...(text !== undefined && { text }) }),
    attachments: attachments.map(({ filename, type, content }) => ({
      ...{ filename, type },
      bytes: fromBase64(content)?.length ?? 0,
    })),
    headers: headersIn(source),
    source,
    more,
    leftOut: kept.leftOut,
  };
}

/** Headers of a message, each in one line. */
function headersIn(source: string): [name: string, value: string][] {
  const head = source.slice(0, source.indexOf("\r\n\r\n")).replaceAll(/\r\n(?=[ \t])/g, "");
  return head.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
