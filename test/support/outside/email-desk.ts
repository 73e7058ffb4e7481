import { AccountDesk, KnownAccounts } from "../../../src/channels/email/account-desk.ts";
import type { DeskOf } from "../../../src/channels/email/email.ts";
import { type Clock, systemClock } from "../../../src/platform/clock.ts";

/** Desks of an isolate of its own, without a keeper. */
export function ownDesk(clock: Clock = systemClock): DeskOf {
  const known = new KnownAccounts();
  return (account) => new AccountDesk(account, { keeper: undefined, known, clock });
}
