import type { MailboxEmail } from "../../src/mailbox/answers.ts";
import type { Stage } from "./stage.ts";

/** The newest e-mail to an address in the mailbox of the server, once it is that of a message. */
export async function findSentEmail(
  { serverUrl, token }: Stage,
  outboxMessageId: string,
  to: string,
  signal: AbortSignal,
): Promise<MailboxEmail | undefined> {
  const address = `${serverUrl}/ui/dev/mailbox/latest?to=${encodeURIComponent(to)}`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` }, signal });
  if (!response.ok) return undefined;
  const email = (await response.json()) as MailboxEmail;
  return email.messageId === outboxMessageId ? email : undefined;
}
