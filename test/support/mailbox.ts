import { env } from "cloudflare:workers";
import { Mailbox, type MailboxTools } from "../../src/mailbox/mailbox.ts";
import { systemClock as clock, systemRandom as random } from "../../src/platform/clock.ts";

/** The mailbox, on the database of the tests. */
export function mailboxWith(given: Partial<MailboxTools> = {}): Mailbox {
  return new Mailbox({
    ...{ db: env.DB, clock, random },
    log: () => {},
    systemEventsTenant: undefined,
    wake: () => {},
    ...given,
  });
}
