import type { AccountName } from "../../domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import type { Channel } from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";
import { answerOf, checkedReply, tell, withoutGone, withRef } from "./answers.ts";
import { batching } from "./batching.ts";
import { addressOf, envelopeOf, senderOf } from "./envelope.ts";
import type { EmailProvider } from "./provider.ts";

/** Account of a provider that names none. */
const OWN_ACCOUNT: AccountName = { name: "own" };

/** Makes the desk at which leave to send through an account is asked for. */
export type DeskOf = (account: AccountName) => AccountDesk;

/** Sends direct e-mails as committed; to a subscribed address, an e-mail about the event. */
export function emailChannel(provider: EmailProvider, defaultFrom: string, deskOf: DeskOf): Channel {
  const { account = OWN_ACCOUNT } = provider;
  const desk = deskOf(account);
  return {
    admit: ({ payload, endpointId, tenantId: _, ...asking }) =>
      desk.ask({ ...asking, sender: addressOf(senderOf(endpointId, payload) ?? defaultFrom) }),

    async deliver(dispatch, signal) {
      const envelope = envelopeOf(dispatch, defaultFrom);
      if ("kind" in envelope) return envelope;
      const sent = checkedReply(await answerOf(provider, signal, () => provider.send(envelope, signal)));
      const reply = dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT ? withoutGone(sent) : sent;
      return withRef(await tell(desk, envelope.from, reply), provider);
    },

    batch: provider.batch && batching(provider, { ...provider.batch, account: account.name }, desk),
  };
}
