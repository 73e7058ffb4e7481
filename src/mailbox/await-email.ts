import { plainAddress } from "../domain/email-status.ts";
import type { Clock } from "../platform/clock.ts";
import type { MailboxEntry } from "./answers.ts";
import { isTaken } from "./plays.ts";

/** E-mail that is looked for. Whatever is left out may be anything. */
export interface WantedEmail {
  /** One of its recipients, in `to`, `cc` or `bcc`. */
  to?: string | undefined;
  /** Part of its subject, or a pattern that it matches. */
  subject?: string | RegExp | undefined;
  /** Id of an e-mail: only later ones count. */
  after?: string | undefined;
}

/** E-mail that did not come. The message tells those that did. */
export class NoSuchEmail extends Error {
  override readonly name = "NoSuchEmail";
}

const LOOK_EVERY_MS = 50;
const TOLD = 10;

/** E-mails that were taken and fit, newest first. `entries`: newest first. */
export function findEmails<E extends MailboxEntry>(
  entries: readonly E[],
  { to, subject, after }: WantedEmail,
): E[] {
  const address = to === undefined ? undefined : (plainAddress(to) ?? to.toLowerCase());
  const end = after === undefined ? -1 : entries.findIndex(({ id }) => id === after);
  return (end < 0 ? entries : entries.slice(0, end)).filter(
    (email) =>
      isTaken(email.play) &&
      (address === undefined ||
        [...email.to, ...email.cc, ...email.bcc].map(plainAddress).includes(address)) &&
      (subject === undefined ||
        (typeof subject === "string" ? email.subject.includes(subject) : email.subject.search(subject) >= 0)),
  );
}

/**
 * Waits for an e-mail, and answers the newest that fits.
 * @param read answers the e-mails that are there, newest first
 * @throws {NoSuchEmail} when none came in time
 */
export async function awaitEmail<E extends MailboxEntry>(
  read: () => Promise<readonly E[]>,
  wanted: WantedEmail,
  { clock, timeoutMs }: { clock: Pick<Clock, "now" | "sleep">; timeoutMs: number },
): Promise<E> {
  const endsAt = clock.now() + timeoutMs;
  for (;;) {
    const entries = await read();
    const [newest] = findEmails(entries, wanted);
    if (newest) return newest;
    const leftMs = endsAt - clock.now();
    if (leftMs <= 0) throw new NoSuchEmail(absence(entries, wanted, timeoutMs));
    await clock.sleep(Math.min(leftMs, LOOK_EVERY_MS));
  }
}

function absence(entries: readonly MailboxEntry[], { to, subject, after }: WantedEmail, timeoutMs: number) {
  const sought = [
    "No e-mail",
    to === undefined ? "" : ` to ${to}`,
    subject === undefined ? "" : ` with the subject ${subject}`,
    after === undefined ? "" : ` after ${after}`,
    timeoutMs === 0 ? " is in the mailbox." : ` came within ${timeoutMs / 1000} s.`,
  ];
  const some = entries.slice(0, TOLD).map((email) => {
    const refused = isTaken(email.play) ? "" : ` (not taken: ${email.play})`;
    return `"${email.subject}" to ${[...email.to, ...email.cc, ...email.bcc].join(", ")}${refused}`;
  });
  const rest = entries.length > TOLD ? `; and ${entries.length - TOLD} older ones` : "";
  return `${sought.join("")} ${some.length === 0 ? "The mailbox is empty." : `It has ${some.join("; ")}${rest}.`}`;
}
