import type { AccountName } from "../../domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import type { Channel } from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";
import { answerOf, checkedReply, tell, withoutGone, withRef } from "./answers.ts";
import { batching } from "./batching.ts";
import { addressOf, envelopeOf, senderOf } from "./envelope.ts";
import { type WithFiles, withOwnFiles } from "./own-files.ts";
import type { EmailProvider, Envelope } from "./provider.ts";

/** Account of a provider that names none. */
const OWN_ACCOUNT: AccountName = { name: "own" };

/** Makes the desk at which leave to send through an account is asked for. */
export type DeskOf = (account: AccountName) => AccountDesk;

/** Sends direct e-mails as committed, with their files; to a subscribed address, an e-mail about the event. */
export function emailChannel(
  provider: EmailProvider,
  defaultFrom: string,
  deskOf: DeskOf,
  withFiles: WithFiles = withOwnFiles,
): Channel {
  const { account = OWN_ACCOUNT } = provider;
  const desk = deskOf(account);
  return {
    admit: ({ payload, endpointId, ...asking }) =>
      desk.ask({ ...asking, sender: addressOf(senderOf(endpointId, payload) ?? defaultFrom) }),

    async deliver(dispatch, signal) {
      const ordered = envelopeOf(dispatch, defaultFrom);
      if ("kind" in ordered) return ordered;
      const { envelope, attachments } = ordered;
      const send = async (given: Envelope) => {
        const sent = checkedReply(await answerOf(provider, signal, () => provider.send(given, signal)));
        const reply = dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT ? withoutGone(sent) : sent;
        return withRef(await tell(desk, given.from, reply), provider);
      };
      if (attachments.length === 0) return send(envelope);
      const attempt = { now: dispatch.sentAt, signal };
      return withFiles(attachments, attempt, (files) => send({ ...envelope, attachments: files }));
    },

    batch: provider.batch && batching(provider, { ...provider.batch, account: account.name }, desk),
  };
}
