import { permanent, type Reply, temporary } from "../channels/channel.ts";
import { MAILBOX_EVENTS, MAILBOX_REPLIES, type MailboxEvent, type MailboxPlay } from "./answers.ts";

/** A fate, and the recipients that an event is about. */
export interface Fate {
  play: MailboxPlay;
  recipients: readonly string[];
}

const OWN_DOMAIN = "@mailbox.test";

/**
 * Addresses with a fate of their own, as the sandboxes of providers have them
 * (https://docs.aws.amazon.com/ses/latest/DeveloperGuide/mailbox-simulator.html and
 * https://resend.com/docs/dashboard/emails/send-test-emails, read on 30 November 2026), so that a test is the same there.
 */
const MAGIC: Readonly<Record<string, MailboxPlay>> = {
  "success@simulator.amazonses.com": "delivered",
  "bounce@simulator.amazonses.com": "hard_bounced",
  "complaint@simulator.amazonses.com": "complained",
  "suppressionlist@simulator.amazonses.com": "hard_bounced",
  "delivered@resend.dev": "delivered",
  "bounced@resend.dev": "hard_bounced",
  "complained@resend.dev": "complained",
  "suppressed@resend.dev": "suppressed",
  ...Object.fromEntries(
    [...MAILBOX_REPLIES, ...MAILBOX_EVENTS].map((play) => [`${play}${OWN_DOMAIN}`, play] as const),
  ),
};

/** Fate that an e-mail has by the address of one of its recipients, with a label after a `+` or without. */
export function fateByAddress(addresses: readonly string[]): Fate | undefined {
  for (const address of addresses) {
    const play = MAGIC[address.replace(/\+[^@]*@/, "@")];
    if (play !== undefined) return { play, recipients: [address] };
  }
  return undefined;
}

export function isEvent(play: MailboxPlay): play is MailboxEvent {
  return (MAILBOX_EVENTS as readonly string[]).includes(play);
}

/** True: the mailbox took the e-mail. */
export function isTaken(play: MailboxPlay): boolean {
  return play === "accepted" || isEvent(play);
}

const RETRY_AFTER_MS = 5000;

/** Reply to an e-mail. `note`: words beside it. */
export function replyTo(play: MailboxPlay, id: string, note: string): Reply | Promise<Reply> {
  switch (play) {
    case "429":
      return temporary("mailbox_429", { httpStatus: 429, retryAfterMs: RETRY_AFTER_MS });
    case "temporary":
      return temporary("mailbox_temporary");
    case "never":
      return new Promise(() => {});
    case "sender_refused":
      return temporary("mailbox_sender_refused", { scope: "sender" });
    case "recipient_refused":
      return { ...permanent("mailbox_recipient_refused"), scope: "recipient" };
    case "permanent":
      return { ...permanent("mailbox_permanent"), scope: "message" };
    default:
      return { kind: "accepted", id, httpStatus: null, excerpt: note };
  }
}
