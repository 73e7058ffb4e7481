import type { MailboxEmail, MailboxEntry } from "../mailbox/answers.ts";
import { awaitEmail, findEmails, type WantedEmail } from "../mailbox/await-email.ts";
import { systemClock } from "../platform/clock.ts";

/** An e-mail as a test reads it: its addresses, subject, `text`, `html`, `links`, `headers` and source. */
export type TestEmail = MailboxEmail;

/** E-mails as they are read, newest first, and all of one. */
interface Source<E extends MailboxEntry> {
  list(): Promise<readonly E[]>;
  read(entry: E): Promise<TestEmail>;
}

const TIMEOUT_MS = 5000;

/**
 * The e-mails that were taken and sent to nobody.
 *
 * @example
 * const { links } = await testing.mailbox.latest({ to: "ada@example.com", subject: "Reset your password" });
 */
export class TestMailbox<E extends MailboxEntry = MailboxEntry> {
  readonly #source: Source<E>;

  constructor(source: Source<E>) {
    this.#source = source;
  }

  /**
   * Waits for an e-mail, and answers the newest that fits.
   * @param wanted `to`: a recipient, in `to`, `cc` or `bcc`. `subject`: a part of it, or a pattern. `after`: id of an e-mail, of which
   * only later ones count. Defaults to any e-mail
   * @param options.timeoutMs longest wait, in milliseconds. Defaults to 5,000; 0 does not wait
   * @throws {NoSuchEmail} when none came in time; the message lists those that are there
   */
  async latest(wanted: WantedEmail = {}, { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {}) {
    const found = await awaitEmail(() => this.#source.list(), wanted, { clock: systemClock, timeoutMs });
    return this.#source.read(found);
  }

  /** All e-mails that fit, newest first, without a wait. */
  async all(wanted: WantedEmail = {}): Promise<TestEmail[]> {
    const found = findEmails(await this.#source.list(), wanted);
    return Promise.all(found.map((entry) => this.#source.read(entry)));
  }
}
